import { compileFeatureSet, createFeaturesInOrder, type FeatureStoreConfig } from '#feature-store'
import type { Interaction, Item } from '#schemas'
import { CANDIDATES, scoreFeatures, scoreInteractions, scoreItems, scoreRequests } from './score-feed.ts'
import { costsOf, type GenericCost } from './generic-table.ts'

const PARTITIONS = 4
const INTERACTIONS = 100_000
/** Requests whose rows are computed. */
const REQUESTS = 300
const WARM_UP_REQUESTS = 50

/**
 * What the generic set costs this process, in CPU time: folded in order and without services, by kind of definition and
 * all together. Kinds are measured alone, so their sum is more than the whole set, which finds a state and reads it once.
 */
export function measureGeneric(rounds: number, say: (line: string) => void): GenericCost[] {
  const config = scoreFeatures()
  const untilMs = Date.UTC(2026, 0, 2)
  const feed = {
    items: [...scoreItems(untilMs)],
    interactions: [...scoreInteractions(INTERACTIONS, untilMs)],
  }
  const sets = [
    [
      'nothing but states',
      { ...config, features: config.features.filter(({ kind }) => kind === 'listLength') },
    ],
    ...[...new Set(config.features.map(({ kind }) => kind))].map(
      (kind) => [kind, { ...config, features: config.features.filter((one) => one.kind === kind) }] as const,
    ),
    ['the whole set', config],
  ] as const
  const measured = sets.map(
    ([title]) => ({ title, columns: 0, foldMicros: [], rowMicros: [] }) as GenericCost,
  )
  for (let round = 0; round < rounds; round++)
    for (const [n, [, set]] of sets.entries()) {
      const { columns, foldMicros, rowMicros } = measureSet(set, feed, untilMs)
      measured[n]!.columns = columns
      measured[n]!.foldMicros.push(foldMicros)
      measured[n]!.rowMicros.push(rowMicros)
      say(
        `${measured[n]!.title}: ${foldMicros.toFixed(2)} us an interaction, ${rowMicros.toFixed(2)} us a row`,
      )
    }
  return costsOf(measured)
}

function measureSet(
  config: FeatureStoreConfig,
  { items, interactions }: { items: Item[]; interactions: Interaction[] },
  untilMs: number,
) {
  const featureSet = compileFeatureSet(config)
  const features = createFeaturesInOrder(featureSet, PARTITIONS)
  for (const item of items) features.item(item)
  const foldMicros = microsOf(() => {
    for (const interaction of interactions) features.interaction(interaction)
  })
  const requests = scoreRequests('generic')
  const read = (count: number) => {
    for (let n = 0; n < count; n++) {
      const { userId, candidates, context } = requests.next().value!
      features.read({ userId, itemIds: candidates, context, occurredAtMs: untilMs })
    }
  }
  read(WARM_UP_REQUESTS)
  const rowMicros = microsOf(() => read(REQUESTS))
  return {
    columns: featureSet.width,
    foldMicros: foldMicros / interactions.length,
    rowMicros: rowMicros / (REQUESTS * CANDIDATES),
  }
}

function microsOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}
