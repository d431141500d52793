import type { DeadLetter, Erasure } from '#schemas'
import { drop, pass, type Step } from '../verdict.ts'

/** A record as it lies in its topic, as far as an erasure cares. */
export interface PlacedRecord {
  /** The physical topic. */
  topic: string
  partition: number
  offset: number
  /** null or left out: nothing says whose it is. */
  key?: Buffer | null
}

/** Which records the erasures that are known cover: readers leave them out, for Kafka keeps them until retention. */
export interface Erasures {
  /** Whether a record of a topic that is keyed by user or item belongs to an erased one, and lies before its erasure. */
  covers(record: PlacedRecord): boolean
  /** The same of a dead letter: by the key it was given up with, or an id that its bytes spell out. */
  coversLetter(at: PlacedRecord, letter: Pick<DeadLetter, 'key' | 'value'>): boolean
  /** First offset of this partition that no erasure of the entity covers; 0: none does. */
  upTo(entity: string, id: string, at: { topic: string; partition: number }): number
  /** Entities that were erased. */
  readonly size: number
}

export interface ErasureBook extends Erasures {
  add(erasure: Erasure): void
  /** Of an entity; undefined: it was not erased. */
  newest(entity: string, id: string): Erasure | undefined
  all(): Iterable<Erasure>
}

interface Noted {
  newest: Erasure
  /** By topic and partition: the furthest of all its erasures. */
  upTo: Map<string, number>
}

/** Nothing was erased. */
export const NO_ERASURES: Erasures = {
  covers: () => false,
  coversLetter: () => false,
  upTo: () => 0,
  size: 0,
}

/** A later erasure of the same entity holds further; an earlier one that comes late takes nothing back. */
export function createErasureBook(): ErasureBook {
  const noted = new Map<string, Noted>()
  const entities = ['user', 'item'] as const
  const find = (entity: string, id: string) => noted.get(`${entity}/${id}`)
  const upTo = (of: Noted | undefined, topic: string, partition: number) =>
    of?.upTo.get(placeOf(topic, partition)) ?? 0

  return {
    add(erasure) {
      const key = `${erasure.entity}/${erasure.id}`
      const known = noted.get(key) ?? { newest: erasure, upTo: new Map<string, number>() }
      if (erasure.askedAtMs >= known.newest.askedAtMs) known.newest = erasure
      for (const { topic, partition, offset } of erasure.upTo) {
        const place = placeOf(topic, partition)
        known.upTo.set(place, Math.max(offset, known.upTo.get(place) ?? 0))
      }
      noted.set(key, known)
    },
    covers({ topic, partition, offset, key }) {
      if (noted.size === 0 || key === null || key === undefined) return false
      const id = key.toString('utf8')
      return entities.some((entity) => offset < upTo(find(entity, id), topic, partition))
    },
    coversLetter({ topic, partition, offset }, { key, value }) {
      for (const { newest, ...of } of noted.values()) {
        if (offset >= upTo({ newest, ...of }, topic, partition)) continue
        const id = Buffer.from(newest.id)
        if (key !== null && Buffer.from(key).equals(id)) return true
        if (value !== null && spells(Buffer.from(value), id)) return true
      }
      return false
    },
    // Asked for every state that is written: most feeds have erased nobody.
    upTo: (entity, id, { topic, partition }) =>
      noted.size === 0 ? 0 : upTo(find(entity, id), topic, partition),
    newest: (entity, id) => find(entity, id)?.newest,
    all: () => [...noted.values()].map(({ newest }) => newest),
    get size() {
      return noted.size
    },
  }
}

const placeOf = (topic: string, partition: number) => `${topic}/${String(partition)}`

/** As an Avro string (its length first), or between quotes, as in JSON: `u1` is not in `u12`. */
function spells(bytes: Buffer, id: Buffer): boolean {
  for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id, at + 1)) {
    const [before, after] = [bytes[at - 1], bytes[at + id.length]]
    if (before === QUOTE && after === QUOTE) return true
    const length = lengthPrefix(id.length)
    if (at >= length.length && bytes.subarray(at - length.length, at).equals(length)) return true
  }
  return false
}

const QUOTE = 0x22

/** Zigzag varint of a length (https://avro.apache.org/docs/1.12.0/specification/#binary-encoding). */
function lengthPrefix(length: number): Buffer {
  const bytes: number[] = []
  let rest = length * 2
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80)
  return Buffer.from([...bytes, rest])
}

/** A step of whoever reads what an erasure covers: it is dropped, and counted as `erased`. */
export function leaveOutErased<T>(erasures: Erasures): Step<T> {
  return function leaveOutErased(record, meta) {
    return erasures.covers(meta) ? drop('erased') : pass(record)
  }
}
