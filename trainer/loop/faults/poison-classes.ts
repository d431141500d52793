import type { Interaction, RankRequest, RecordOf } from '#schemas'
import type { Runtime } from '#streams'
import type { Poison } from './kafka-poison.ts'
import { WORKLOAD_START_MS } from './numbered-traffic.ts'

/** One way in which a record can be bad. */
export interface PoisonClass {
  name: string
  topic: Poison['topic']
  make(n: number): Omit<Poison, 'topic'>
}

const MIB = 1024 * 1024
/** No registry of a test has given out so many. */
const UNKNOWN_SCHEMA_ID = 2_000_000_000
/** Zigzag varints: 2^60 and 2^31 of something. */
const LONG_COUNT = Buffer.from('808080808080808020', 'hex')
const ARRAY_COUNT = Buffer.from('8080808010', 'hex')
const TENS_OF_MIB = 'ten MiB'

/** Whether a class is sent in a few copies only: each record fills the broker by ten MiB. */
export const isHuge = ({ name }: PoisonClass) => name.includes(TENS_OF_MIB)

const interaction = (change: Partial<Interaction>): Interaction => ({
  interactionId: 'bad',
  userId: 'u0',
  itemId: 'i0',
  type: 'click',
  occurredAtMs: WORKLOAD_START_MS,
  requestId: null,
  position: null,
  value: null,
  ...change,
})
const request = (change: Partial<RankRequest>): RankRequest => ({
  requestId: 'bad',
  userId: 'u0',
  occurredAtMs: WORKLOAD_START_MS,
  candidates: ['i0', 'i1'],
  context: [],
  ...change,
})
const user = { userId: 'u0', occurredAtMs: WORKLOAD_START_MS, attributes: [] }
const item = { itemId: 'i0', occurredAtMs: WORKLOAD_START_MS, attributes: [] }

/** Every class on every topic where it can come up, keyed by u0 or i0: hot keys, so that good records stand behind. */
export function poisonClasses({ codec, partitionOf, partitionCount }: Runtime): PoisonClass[] {
  const classes: PoisonClass[] = []
  const good = { interactions: interaction({}), requests: request({}), users: user, items: item }
  const add = <T extends Poison['topic']>(
    topic: T,
    name: string,
    value: (n: number) => Buffer,
    partitionsOff = 0,
  ) => {
    const key = topic === 'items' ? 'i0' : 'u0'
    const partition = (partitionOf(topic, key) + partitionsOff) % partitionCount(topic)
    classes.push({ name: `${topic}: ${name}`, topic, make: (n) => ({ key, partition, value: value(n) }) })
  }
  const record = <T extends Poison['topic']>(topic: T, name: string, value: RecordOf[T]) =>
    add(topic, name, () => codec.encode(topic, value))

  for (const topic of ['interactions', 'requests', 'users', 'items'] as const) {
    const bytes = codec.encode(topic, good[topic] as never)
    const header = bytes.subarray(0, 5)
    add(topic, 'empty value', () => Buffer.alloc(0))
    add(topic, 'JSON', (n) => Buffer.from(JSON.stringify({ userId: 'u0', n })))
    add(topic, 'wrong magic byte', () => Buffer.concat([Buffer.from([7]), bytes.subarray(1)]))
    add(topic, 'unknown schema id', () => {
      const foreign = Buffer.from(bytes)
      foreign.writeUInt32BE(UNKNOWN_SCHEMA_ID, 1)
      return foreign
    })
    add(topic, 'truncated', (n) => bytes.subarray(0, 5 + (n % (bytes.length - 5))))
    add(topic, 'bytes left over', () => Buffer.concat([bytes, Buffer.from([1])]))
    add(topic, 'numbers where texts belong', () => Buffer.concat([header, Buffer.alloc(40, 0xff)]))
    add(topic, 'a text of 2^60 bytes', () => Buffer.concat([header, LONG_COUNT]))
    const text = bytes.indexOf(topic === 'interactions' || topic === 'requests' ? 'bad' : `${topic[0]}0`)
    add(topic, 'invalid UTF-8', () => {
      const invalid = Buffer.from(bytes)
      invalid[text] = 0xff
      return invalid
    })
    add(topic, TENS_OF_MIB, () => Buffer.alloc(10 * MIB, 0xa5))
  }
  // The array is the last field of users and items, and the one before the last (empty, one byte) of requests.
  for (const topic of ['users', 'items'] as const) {
    const bytes = codec.encode(topic, good[topic] as never)
    add(topic, 'array-count bomb', () =>
      Buffer.concat([bytes.subarray(0, -1), ARRAY_COUNT, Buffer.alloc(20)]),
    )
  }
  const empty = codec.encode('requests', request({ candidates: [] }))
  add('requests', 'array-count bomb', () =>
    Buffer.concat([empty.subarray(0, -2), ARRAY_COUNT, Buffer.alloc(20)]),
  )
  const megabyte = 'i'.repeat(MIB)
  const huge = request({ candidates: Array.from({ length: 10 }, () => megabyte) })
  record('requests', `${TENS_OF_MIB} that decode`, huge)
  record('requests', 'no candidates', request({ candidates: [] }))
  record('requests', 'before 1970', request({ occurredAtMs: -1 }))
  record('requests', 'seconds', request({ occurredAtMs: WORKLOAD_START_MS / 1_000 }))
  for (const [name, occurredAtMs] of [
    ['time 0', 0],
    ['before 1970', -1],
    ['seconds', WORKLOAD_START_MS / 1_000],
    ['the year 144683', 2 ** 52 - 1],
  ] as const)
    record('interactions', name, interaction({ occurredAtMs }))
  record('interactions', 'unknown type', interaction({ type: 'teleported' }))
  record('interactions', 'no item', interaction({ itemId: '' }))
  record('interactions', 'an id of 5,000 bytes', interaction({ itemId: 'i'.repeat(5_000) }))
  add('interactions', 'wrong partition', () => codec.encode('interactions', interaction({})), 1)
  return classes
}
