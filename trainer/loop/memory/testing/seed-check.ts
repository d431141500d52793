import { createMemoryRuntime, type MemoryRuntime } from '#streams'
import { joinedId, type Example, type Interaction, type Prediction } from '#schemas'
import {
  compareStore,
  compileFeatureSet,
  createReplay,
  partitionTag,
  startFeatureStore,
  createMemoryStore,
  type StateStore,
} from '#feature-store'
import { decodeState, type SpelledState, spellOut } from '#feature-store/testing'
import { exampleIdOf } from '../../../index.ts'
import type { FeedConfig } from '../../feed.ts'
import type { DisturbedRun } from './disturbed-loop.ts'

/** What the promises of the loop say about the end of any run, whatever befell it. Empty: all kept. */
export async function brokenPromises(run: DisturbedRun, feed: FeedConfig): Promise<string[]> {
  const { driver } = run
  const deadLetters = driver.rawRecords('deadLetters').length
  return [
    ...(await featureFaults(run, feed)),
    ...(await undisturbedFaults(run, feed)),
    ...predictionFaults(run),
    ...exampleFaults(run, feed),
    ...(deadLetters === 0 ? [] : [`${deadLetters} good records were dead-lettered`]),
  ]
}

/** What the logs say that every state must be. */
export function replayOf(driver: MemoryRuntime, feed: FeedConfig) {
  const replay = createReplay({
    featureSet: compileFeatureSet(feed.features),
    topicName: (topic) => driver.topicName(topic),
    partitionOf: (topic, key) => driver.partitionOf(topic, key),
  })
  for (const topic of ['users', 'items', 'interactions', 'itemInteractions'] as const) {
    for (const record of driver.records(topic)) replay.add(topic, record)
  }
  return replay
}

async function featureFaults({ driver, store }: DisturbedRun, feed: FeedConfig): Promise<string[]> {
  const compared = await compareStore(replayOf(driver, feed), store, (topic) => driver.partitionCount(topic))
  return Object.entries(compared).flatMap(([entity, { lost, duplicates, different, firstDifference }]) =>
    lost + duplicates + different === 0
      ? []
      : [
          `${entity}: ${lost} lost, ${duplicates} applied twice, ${different} states differ from the replay, ` +
            `first ${firstDifference?.id}`,
        ],
  )
}

/**
 * The same source records through a feature store that nothing happens to. User states are the same to the byte.
 * An item's copies come in another order from run to run: its counters are the same up to rounding, and what was
 * seen last, and where, is not.
 */
async function undisturbedFaults({ driver, store }: DisturbedRun, feed: FeedConfig): Promise<string[]> {
  const calm = await createMemoryRuntime({
    seed: 'undisturbed',
    startMs: driver.clock.nowMs(),
    config: driver.config,
    codec: driver.codec,
  })
  const calmStore = createMemoryStore()
  for (const topic of ['users', 'items', 'interactions'] as const) {
    for (const { key, value, partition } of driver.rawRecords(topic))
      calm.produceBytes(topic, { key, value, partition })
  }
  const service = await calm.settleUntil(startFeatureStore(calm, { config: feed.features, store: calmStore }))
  await calm.settleUntil(service.ready)
  await calm.settle()
  await service.stop()
  const { layouts } = compileFeatureSet(feed.features)
  const spelledOut = (blob: Buffer) => spellOut(layouts.item, decodeState(layouts.item, blob))
  const faults: string[] = []
  for (const entity of ['user', 'item'] as const) {
    const topic = entity === 'user' ? 'interactions' : 'itemInteractions'
    const [found, wanted] = [store, calmStore].map((from) =>
      statesOf(from, driver, topic, layouts[entity].id),
    )
    const [theirs, ours] = [await wanted!, await found!]
    for (const id of new Set([...theirs.keys(), ...ours.keys()])) {
      const [state, calmState] = [ours.get(id), theirs.get(id)]
      const isSame =
        state !== undefined &&
        calmState !== undefined &&
        (entity === 'user'
          ? state.equals(calmState)
          : sameButForOrder(spelledOut(state), spelledOut(calmState)))
      if (!isSame) faults.push(`${entity} ${id} is not what it is without mishaps`)
    }
  }
  return faults.slice(0, 3)
}

async function statesOf(
  store: StateStore,
  driver: MemoryRuntime,
  topic: 'interactions' | 'itemInteractions',
  layoutId: string,
): Promise<Map<string, Buffer>> {
  const states = new Map<string, Buffer>()
  for (let partition = 0; partition < driver.partitionCount(topic); partition++) {
    for await (const { id, blob } of store.scan(partitionTag(driver.topicName(topic), partition, layoutId)))
      states.set(id, blob)
  }
  return states
}

function sameButForOrder(one: SpelledState, other: SpelledState): boolean {
  const close = (left: readonly number[], right: readonly number[]) =>
    left.every((value, at) => Math.abs(value - right[at]!) <= 1e-9 * Math.max(1, value))
  return (
    one.applied === other.applied &&
    one.asOfMs === other.asOfMs &&
    close(one.counters, other.counters) &&
    close(one.recencies, other.recencies) &&
    JSON.stringify(one.windows) === JSON.stringify(other.windows)
  )
}

/** Every request has an answer, under one id. */
function predictionFaults({ driver, counts }: DisturbedRun): string[] {
  const ids = new Map<string, Set<string>>()
  for (const { requestId, predictionId } of valuesOf(driver, 'predictions'))
    ids.set(requestId, (ids.get(requestId) ?? new Set()).add(predictionId))
  const ambiguous = [...ids].filter(([, answers]) => answers.size !== 1)
  const faults: string[] = []
  if (ids.size !== counts.requests) faults.push(`${ids.size} requests answered of ${counts.requests}`)
  if (ambiguous.length > 0) faults.push(`${ambiguous.length} requests answered under several ids`)
  return faults
}

/**
 * Every item that was seen is one example of its first prediction, with the label its clicks say; by a join that has
 * everything at hand at once.
 */
function exampleFaults({ driver }: DisturbedRun, feed: FeedConfig): string[] {
  const wanted = naiveExamples(driver, feed)
  const found = new Map<string, Example>()
  for (const example of valuesOf(driver, 'examples'))
    if (!found.has(example.exampleId)) found.set(example.exampleId, example)
  const missing = [...wanted.keys()].filter((id) => !found.has(id))
  const invented = [...found.keys()].filter((id) => !wanted.has(id))
  const wrong = [...found.values()].filter(
    ({ exampleId, labels }) => wanted.has(exampleId) && labels[0]!.value !== wanted.get(exampleId),
  )
  const faults: string[] = []
  if (missing.length > 0)
    faults.push(`${missing.length} of ${wanted.size} examples missing, first ${missing[0]}`)
  if (invented.length > 0) faults.push(`${invented.length} examples of what nobody saw, first ${invented[0]}`)
  if (wrong.length > 0) faults.push(`${wrong.length} examples mislabelled, first ${wrong[0]!.exampleId}`)
  return faults
}

/** Example id -> label. */
function naiveExamples(driver: MemoryRuntime, feed: FeedConfig): Map<string, number> {
  const [label] = Object.values(feed.trainer.labels)
  const { positive, shown, horizonMinutes } = label!
  const { shownWithinMinutes } = feed.trainer
  const first = new Map<string, Prediction>()
  for (const prediction of valuesOf(driver, 'predictions'))
    if (!first.has(prediction.requestId)) first.set(prediction.requestId, prediction)
  const told = new Map<string, Interaction[]>()
  for (const interaction of valuesOf(driver, 'interactions')) {
    if (interaction.requestId === null) continue
    const place = joinedId('/', [interaction.requestId, interaction.itemId])
    told.set(place, [...(told.get(place) ?? []), interaction])
  }
  const examples = new Map<string, number>()
  for (const { requestId, predictionId, occurredAtMs, ranking } of first.values()) {
    for (const { itemId, vector } of ranking) {
      const outcomes = told.get(joinedId('/', [requestId, itemId])) ?? []
      const showings = outcomes.filter(({ type }) => shown.includes(type))
      const shownAtMs = Math.min(...showings.map((one) => one.occurredAtMs))
      if (vector === null || shownAtMs > occurredAtMs + shownWithinMinutes * 60_000) continue
      const untilMs = shownAtMs + horizonMinutes * 60_000
      const isPositive = outcomes.some((one) => positive.includes(one.type) && one.occurredAtMs <= untilMs)
      examples.set(exampleIdOf(predictionId, itemId), isPositive ? 1 : 0)
    }
  }
  return examples
}

function valuesOf<K extends 'predictions' | 'examples' | 'interactions'>(driver: MemoryRuntime, topic: K) {
  return driver.records(topic).flatMap(({ value }) => (value === null ? [] : [value]))
}
