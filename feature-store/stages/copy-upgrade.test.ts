import { afterEach, describe, expect, it } from 'vitest'
import { createCodec, topicCatalogue, type Interaction, type RecordOf, type TopicKey } from '#schemas'
import { createTopologyTestDriver } from '#streams/testing'
import { featureStoreConfigSchema } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { startFeatureStore } from '../feature-store.ts'
import { coEngagement, interactionValue } from '../kinds/index.ts'
import { compareStore } from '../replay/compare-store.ts'
import type { EntityState } from '../state/entity-state.ts'
import { createMishapStore } from '../testing/mishap-store.ts'
import { replayOf } from '../testing/replay-driver.ts'
import { produceTraffic } from '../testing/traffic.ts'

const HALF = 300
const OLD_SCHEMA = 'history/item-interactions-v2/1.avsc'
const config = featureStoreConfigSchema.parse({
  features: [
    interactionValue({ entity: 'user', of: ['view'], as: 'sum' }),
    interactionValue({ entity: 'item', of: ['view', 'click'], as: 'sum' }),
    coEngagement({ of: ['click'], per: ['view'], prior: 0.1, strength: 1, last: 4, itemsMax: 100 }),
  ],
})
const featureSet = compileFeatureSet(config)

/** Schemas by id, for codecs of several versions. */
function createSharedRegistry() {
  const schemas: string[] = []
  const idOf = (schemaJson: string) => schemas.indexOf(schemaJson) + 1
  return {
    lookup: async (_: string, schemaJson: string) => idOf(schemaJson) || null,
    async register(_: string, schemaJson: string) {
      if (idOf(schemaJson) === 0) schemas.push(schemaJson)
      return idOf(schemaJson)
    },
    schemaById: async (id: number) => schemas[id - 1] ?? null,
  }
}

/** A feed's codec, and that of a process from before copies carried anything. */
async function bothCodecs() {
  const catalogue = topicCatalogue({ prefix: 'feed', partitions: 4, replicationFactor: 1 })
  const { itemInteractions } = catalogue
  const registry = createSharedRegistry()
  const [old, now] = await Promise.all([
    createCodec(registry, {
      ...catalogue,
      itemInteractions: { ...itemInteractions, schemaFile: OLD_SCHEMA },
    }),
    createCodec(registry, catalogue),
  ])
  return { old, now }
}

let stop = async () => {}
afterEach(() => stop())

/** A value for every interaction of the traffic, a quarter of them none. */
function withValues(produce: (topic: TopicKey, key: string, value: RecordOf[TopicKey]) => unknown) {
  let n = 0
  const told: Interaction[] = []
  return {
    told,
    produce<K extends TopicKey>(topic: K, key: string, record: RecordOf[K]) {
      if (topic !== 'interactions') return produce(topic, key, record)
      const value = ++n % 4 === 0 ? null : n
      const interaction = { ...(record as Interaction), value }
      told.push(interaction)
      return produce(topic, key, interaction)
    },
  }
}

/** The interactions of two halves, the copies of the first written by an old process. */
async function rolledOver() {
  const { old, now } = await bothCodecs()
  let isOld = true
  const driver = await createTopologyTestDriver({
    seed: 1,
    codec: { ...now, encode: (topic, record) => (isOld ? old : now).encode(topic, record) },
  })
  const store = createMishapStore()
  ;({ stop } = await startFeatureStore(driver, { config, store }))
  const sink = withValues((topic, key, value) => driver.produce(topic, key, value))
  produceTraffic(sink, { seed: 1, interactions: HALF })
  await driver.settle()
  isOld = false
  produceTraffic(sink, { seed: 2, from: HALF, interactions: HALF })
  await driver.settle()
  return { driver, store, told: sink.told, old }
}

const sumOf = (interactions: readonly Interaction[], types: readonly string[]) =>
  interactions.reduce((sum, { type, value }) => sum + (types.includes(type) ? (value ?? 0) : 0), 0)

/** Of all items together, with the items that their users had clicked last. */
function trialsIn(items: readonly EntityState[]): number {
  const { places, own } = featureSet.layouts.item
  const place = own.findIndex(({ spec }) => spec.kind === 'coEngagement')
  const counts = own[place]!.numbers.flatMap(({ name }, n) => (name.startsWith('count') ? [n] : []))
  return items.reduce(
    (sum, { numbers }) => sum + counts.reduce((all, n) => all + numbers[places.own[place]! + n]!, 0),
    0,
  )
}

/** The same by hand: per view, of the user's last four clicks those with other items. Views before `from` carried none. */
function trialsOf(interactions: readonly Interaction[], from: number): number {
  const clicked = new Map<string, string[]>()
  let trials = 0
  for (const [n, { userId, itemId, type }] of interactions.entries()) {
    const last = clicked.get(userId) ?? []
    if (type === 'view' && n >= from) trials += last.filter((other) => other !== itemId).length
    if (type === 'click')
      clicked.set(userId, [itemId, ...last.filter((other) => other !== itemId)].slice(0, 4))
  }
  return trials
}

describe('a rolling upgrade to copies that carry details', () => {
  it('loses no interaction, and takes the values that an old writer left out for missing', async () => {
    const { driver, store, told } = await rolledOver()
    const replay = replayOf(driver, featureSet)
    const compared = await compareStore(replay, store, (topic) => driver.partitionCount(topic))
    for (const entity of ['user', 'item'] as const)
      expect(compared[entity]).toMatchObject({ applied: 2 * HALF, lost: 0, duplicates: 0, different: 0 })
    const total = (entity: 'user' | 'item') => {
      const at = featureSet.layouts[entity].places.own[0]!
      return [...replay.ids(entity)].reduce((sum, id) => sum + replay.stateAt(entity, id)!.numbers[at]!, 0)
    }
    expect(total('user')).toBe(sumOf(told, ['view']))
    expect(total('item')).toBe(sumOf(told.slice(HALF), ['view', 'click']))
    expect(trialsIn([...replay.ids('item')].map((id) => replay.stateAt('item', id)!))).toBe(
      trialsOf(told, HALF),
    )
  })

  it('lets old readers read what new writers write', async () => {
    const { driver, old } = await rolledOver()
    const copies: number[] = []
    for (const { value } of driver.rawRecords('itemInteractions')) {
      await old.load('itemInteractions', value!)
      const { items } = old.decode('itemInteractions', value!)
      copies.push(...items.flatMap((item) => item.copies.map(({ sourceOffset }) => sourceOffset)))
    }
    expect(copies).toHaveLength(2 * HALF)
  })

  it('adds one byte to a bundle of copies that carry nothing', async () => {
    const { old, now } = await bothCodecs()
    const bundle = {
      sourcePartition: 1,
      types: ['view'],
      items: [{ itemId: 'i1', copies: [{ sourceOffset: 7, typeIndex: 0, occurredAtMs: 1_700_000_000_000 }] }],
      details: [],
    }
    const [before, after] = [old, now].map((codec) => codec.encode('itemInteractions', bundle).subarray(5))
    expect(after!.equals(Buffer.concat([before!, Buffer.of(0)]))).toBe(true)
  })
})
