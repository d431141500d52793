import { isDeepStrictEqual } from 'node:util'
import { TOPIC_KEYS } from '../../catalogue.ts'
import type { Codec } from '../../codec-contract.ts'
import { DecodeError, type DecodeErrorCode } from '../../errors.ts'
import type { TopicKey } from '../../records.ts'
import { type Chance, chanceOf } from '../chance.ts'
import type { Corpus } from './corpus.ts'
import { MUTATION_NAMES, mutate } from './mutations.ts'

/** No decode of a payload may take longer, GC and the machine's other work aside. */
export const DECODE_MS_MAX = 50
/**
 * A decode is slow when each of so many repeats costs the process that much CPU time: a shared machine stops anybody
 * for a while (three of ten million took over 50 ms four times in a row under a load of 11 on two cores, at 6 ms of CPU).
 */
const REPEATS = 3

export type Outcome = 'decoded' | Exclude<DecodeErrorCode, 'schema_not_loaded'>

/** Something that must not be, and how to see it again: payload `index` of `seed`. */
export interface Finding {
  index: number
  topic: TopicKey
  mutations: readonly string[]
  what: string
  /** The first bytes. */
  hex: string
}

export interface FuzzTally {
  payloads: number
  bytes: number
  outcomes: Record<Outcome, number>
  /** Payloads that met this mutation (several may follow one another), and those of them that decoded. */
  mutations: Record<string, { payloads: number; decoded: number }>
  /** Longest decode as first measured, whatever stopped it (GC, the machine's other work). */
  slowestMs: number
  /** CPU time of the longest when what took over a fifth of the limit was repeated: the fastest repeat counts. */
  slowestRepeatedMs: number
  overLimitOnce: number
  /** The first few; `findingsCount` counts all. */
  findings: Finding[]
  findingsCount: number
}

export interface FuzzParts {
  codec: Codec
  corpus: Corpus
  seed: number
  /** Wall clock, milliseconds with fractions. */
  elapsedMs(): number
  /** CPU time of this process, all threads. */
  cpuMs(): number
}

const FINDINGS_SHOWN = 20

interface FuzzedPayload {
  topic: TopicKey
  mutations: readonly string[]
  bytes: Buffer
}

interface TimedDecode {
  record?: object
  error?: unknown
  tookMs: number
}

/** Mutated payloads against a codec, one after the other; the tally grows with each. */
export function createCodecFuzz({ codec, corpus, seed, elapsedMs, cpuMs }: FuzzParts) {
  const tally = emptyTally()
  const make = (index: number) => payloadOf(corpus, seed, index)

  async function play(index: number): Promise<void> {
    const payload = make(index)
    const { topic, mutations, bytes } = payload
    const found = (what: string) => {
      tally.findingsCount++
      const hex = bytes.subarray(0, 64).toString('hex')
      if (tally.findings.length < FINDINGS_SHOWN) tally.findings.push({ index, topic, mutations, what, hex })
    }
    const result = await decodeLoaded(payload)
    tally.payloads++
    tally.bytes += bytes.length
    const slow = checkSpeed(payload, result.tookMs)
    if (slow !== null) found(slow)
    const { error } = result
    const outcome: Outcome = error === undefined ? 'decoded' : outcomeOf(error)
    if (outcome === 'decoded') {
      const wrong = wrongOf(codec, topic, result.record, bytes)
      if (wrong !== null) found(wrong)
    } else if (!(error instanceof DecodeError)) {
      found(`threw ${String(error)}`)
    }
    tally.outcomes[outcome]++
    for (const name of new Set(mutations)) {
      tally.mutations[name]!.payloads++
      if (outcome === 'decoded') tally.mutations[name]!.decoded++
    }
  }

  async function decodeLoaded({ topic, bytes }: FuzzedPayload): Promise<TimedDecode> {
    const result = decodeTimed(codec, topic, bytes, elapsedMs)
    if (!isNotLoaded(result.error)) return result
    const error = await codec.load(topic, bytes).catch((thrown: unknown) => thrown)
    return error === undefined ? decodeTimed(codec, topic, bytes, elapsedMs) : { ...result, error }
  }

  /** What was slow, when every repeat was. */
  function checkSpeed({ topic, bytes }: FuzzedPayload, tookMs: number): string | null {
    tally.slowestMs = Math.max(tally.slowestMs, tookMs)
    if (tookMs <= DECODE_MS_MAX / 5) return null
    const repeats = Array.from({ length: REPEATS }, () => decodeTimed(codec, topic, bytes, cpuMs).tookMs)
    const atBestMs = Math.min(...repeats)
    tally.slowestRepeatedMs = Math.max(tally.slowestRepeatedMs, atBestMs)
    if (tookMs <= DECODE_MS_MAX) return null
    tally.overLimitOnce++
    if (atBestMs <= DECODE_MS_MAX) return null
    return `a decode of ${bytes.length} bytes took ${atBestMs.toFixed(1)} ms of CPU at best`
  }

  return { tally, play, make }
}

function emptyTally(): FuzzTally {
  return {
    payloads: 0,
    bytes: 0,
    outcomes: { decoded: 0, undecodable: 0, unknown_schema: 0, schema_mismatch: 0 },
    mutations: Object.fromEntries(MUTATION_NAMES.map((name) => [name, { payloads: 0, decoded: 0 }])),
    slowestMs: 0,
    slowestRepeatedMs: 0,
    overLimitOnce: 0,
    findings: [],
    findingsCount: 0,
  }
}

function payloadOf(corpus: Corpus, seed: number, index: number): FuzzedPayload {
  const chance = chanceOf(seed, index)
  const topic = chance.pick(TOPIC_KEYS)
  const mutations = [chance.pick(MUTATION_NAMES)]
  while (mutations.length < 4 && chance.int(3) === 0) mutations.push(chance.pick(MUTATION_NAMES))
  const source = {
    schemaIds: corpus.schemaIds,
    other: (chance: Chance) =>
      chance.pick(corpus.payloads[chance.int(4) > 0 ? topic : chance.pick(TOPIC_KEYS)]),
  }
  const bytes = mutations.reduce(
    (before, name) => mutate(name, before, chance, source),
    chance.pick(corpus.payloads[topic]),
  )
  return { topic, mutations, bytes }
}

function decodeTimed(codec: Codec, topic: TopicKey, bytes: Buffer, clockMs: () => number): TimedDecode {
  const startMs = clockMs()
  try {
    const record = codec.decode(topic, bytes)
    return { record, tookMs: clockMs() - startMs }
  } catch (error) {
    return { error, tookMs: clockMs() - startMs }
  }
}

/** What decodes is a record: no larger than its bytes can hold, it encodes, and comes back as it was. */
function wrongOf(codec: Codec, topic: TopicKey, record: object | undefined, bytes: Buffer): string | null {
  if (sizeOf(record) > 3 * bytes.length + 32) return `decoded to ${sizeOf(record)} values`
  try {
    const encoded = codec.encode(topic, record as never)
    const again = codec.decode(topic, encoded)
    if (!isDeepStrictEqual(again, record)) return 'came back as another record'
    return codec.encode(topic, again).equals(encoded) ? null : 'was encoded to other bytes the second time'
  } catch (error) {
    return `decoded, but did not come back: ${String(error)}`
  }
}

const isNotLoaded = (error: unknown) => error instanceof DecodeError && error.code === 'schema_not_loaded'

function outcomeOf(error: unknown): Outcome {
  const known = error instanceof DecodeError && error.code !== 'schema_not_loaded'
  return known ? (error.code as Outcome) : 'undecodable'
}

/** How many values a decoded record is made of: what it may cost is bounded by the bytes it came from. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return 1 + value.length
  if (typeof value !== 'object' || value === null) return 1
  let sum = 1
  for (const part of Object.values(value)) sum += sizeOf(part)
  return sum
}
