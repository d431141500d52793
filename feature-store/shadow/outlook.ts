import type { FeatureStoreConfig } from '../config.ts'
import { nameOfDefinition } from '../definitions.ts'
import { compileFeatureSet, type CompiledFeatureSet } from '../feature-set.ts'
import type { Fence } from '../fence.ts'
import { lacksInCopies, lackWords } from './copies-lack.ts'
import { layoutIdsOf, OWNED_NOW_MS, type OwnedSet } from './owned-set.ts'
import { REPLAY_TOPICS, type ReplayTopic } from './replay-job.ts'

export interface FeatureChange {
  feature: string
  change: 'new' | 'changed' | 'removed'
  /** Whose states must be built from the log before it can be read; empty: what is there suffices. */
  needs: ReplayTopic[]
}

export interface StatesOutlook {
  topic: ReplayTopic
  /** `missing`: nobody has built them; `building`: reads are not ready yet; `ready`. */
  state: 'missing' | 'building' | 'ready'
  /** Offsets between its fences and the ends of the logs. */
  behind: number
}

/** What it means to start the services with a configuration, as things are now. */
export interface Outlook {
  featureSetId: string
  /** The set that a features service keeps now; null: none does. */
  keptSetId: string | null
  isSameSet: boolean
  changes: FeatureChange[]
  states: StatesOutlook[]
  /** What the copies of the kept set do not carry for this one. */
  lacks: string[]
}

/** The set that was told of last, if that was a moment ago; not one that is only kept beside it. */
export const keptNow = (owned: readonly OwnedSet[], atMs: number): OwnedSet | null =>
  [...owned]
    .filter(({ isBeside }) => isBeside !== true)
    .sort((a, b) => b.atMs - a.atMs)
    .find((set) => atMs - set.atMs <= OWNED_NOW_MS) ?? null

/** Of each topic, its fences (null: nobody ever read the partition) and the ends of its log. */
export type TopicFences = Record<ReplayTopic, { fences: readonly (Fence | null)[]; highs: readonly number[] }>

export function outlookOf(
  featureSet: CompiledFeatureSet,
  kept: OwnedSet | null,
  found: TopicFences,
): Outlook {
  return {
    featureSetId: featureSet.id,
    keptSetId: kept?.featureSetId ?? null,
    isSameSet: kept?.featureSetId === featureSet.id,
    changes: kept === null ? [] : changesOf(kept.features, featureSet.config),
    states: REPLAY_TOPICS.map((topic) => ({ topic, ...stateOf(found[topic]) })),
    lacks: kept === null ? [] : lacksInCopies(compileFeatureSet(kept.features), featureSet),
  }
}

function stateOf({ fences, highs }: TopicFences[ReplayTopic]): Pick<StatesOutlook, 'state' | 'behind'> {
  const behind = fences.reduce((sum, fence, p) => sum + Math.max(0, highs[p]! - (fence?.nextOffset ?? 0)), 0)
  if (fences.includes(null)) return { state: 'missing', behind }
  const isReady = fences.every((fence) => fence!.nextOffset >= fence!.rebuildUntilOffset)
  return { state: isReady ? 'ready' : 'building', behind }
}

/** By name. Which states a feature needs is found by leaving it out. */
export function changesOf(was: FeatureStoreConfig, will: FeatureStoreConfig): FeatureChange[] {
  const [before, after] = [definitionsOf(was), definitionsOf(will)]
  const known = layoutIdsOf(compileFeatureSet(was))
  const wanted = layoutIdsOf(compileFeatureSet(will))
  const rebuilt = REPLAY_TOPICS.filter((topic) => known[topic] !== wanted[topic])
  const changes: FeatureChange[] = []
  for (const [feature, text] of after) {
    const old = before.get(feature)
    if (old === text) continue
    const needs = rebuilt.length === 0 ? [] : neededBy(feature, will, rebuilt)
    changes.push({ feature, change: old === undefined ? 'new' : 'changed', needs })
  }
  for (const feature of before.keys())
    if (!after.has(feature)) changes.push({ feature, change: 'removed', needs: [] })
  return changes
}

const definitionsOf = ({ features }: FeatureStoreConfig) =>
  new Map(features.map((definition) => [nameOfDefinition(definition), JSON.stringify(definition)]))

function neededBy(
  feature: string,
  config: FeatureStoreConfig,
  rebuilt: readonly ReplayTopic[],
): ReplayTopic[] {
  const features = config.features.filter((definition) => nameOfDefinition(definition) !== feature)
  const all = layoutIdsOf(compileFeatureSet(config))
  try {
    const without = layoutIdsOf(compileFeatureSet({ ...config, features }))
    return rebuilt.filter((topic) => without[topic] !== all[topic])
  } catch {
    return [...rebuilt] // others are made of it
  }
}

/** What of its states is not built yet, as the end of a sentence; undefined: all are there. */
export function unbuiltWords({ states }: Pick<Outlook, 'states'>): string | undefined {
  const unbuilt = states.filter(({ state }) => state !== 'ready')
  if (unbuilt.length === 0) return undefined
  const left = unbuilt.reduce((sum, { behind }) => sum + behind, 0)
  const from = unbuilt.map(({ topic }) => topic).join(', ')
  return `its states made from ${from} are not all built, ${left.toLocaleString('en-US')} records are left (\`feedloop replay list\`).`
}

/** A service that runs is seldom so far behind. */
const BEHIND_WARNED = 50_000

/** Sentences for people. @param liveModel of which set the model is that serves; null: not known */
export function outlookLines(
  { featureSetId, keptSetId, isSameSet, changes, states, lacks }: Outlook,
  liveModel: { modelId: string; featureSetId: string } | null,
): { told: string[]; warnings: string[] } {
  const told: string[] = []
  const warnings: string[] = []
  if (keptSetId === null) told.push('No features service tells what it keeps now: nothing to compare with.')
  else if (isSameSet) told.push(`The features service keeps this set (${featureSetId}).`)
  else told.push(`The features service keeps ${keptSetId}; this configuration is ${featureSetId}.`)
  for (const { feature, change, needs } of changes)
    told.push(
      `  ${change} ${feature}${change === 'removed' ? '' : needs.length === 0 ? ': no backfill needed' : `: needs a backfill of the states made from ${needs.join(', ')}`}`,
    )
  const missing = states.filter(({ state }) => state === 'missing').map(({ topic }) => topic)
  const building = states.filter(({ state }) => state === 'building')
  if (missing.length > 0 && keptSetId !== null)
    warnings.push(
      `The states made from ${missing.join(', ')} are not there. After a restart with this configuration the old set and its model go on serving until they are built from the log (without a model: store_not_ready), and no model is made on the new set before. Build them first: \`feedloop replay start --for-config --into NAME\``,
    )
  if (building.length > 0)
    warnings.push(
      `The states made from ${building.map(({ topic }) => topic).join(', ')} are being built, ${String(building.reduce((sum, { behind }) => sum + behind, 0))} records are left: until then the old set and its model would go on serving after a restart with this configuration (\`feedloop replay list\`)`,
    )
  if (lacks.length > 0) warnings.push(lackWords(lacks))
  const old = states.filter(({ state, behind }) => state === 'ready' && behind > BEHIND_WARNED)
  if (old.length > 0 && !isSameSet && keptSetId !== null)
    warnings.push(
      `The states made from ${old.map(({ topic }) => topic).join(', ')} are there, and nobody keeps them fresh: they are ${String(old.reduce((sum, { behind }) => sum + behind, 0))} records behind, and after a restart with this configuration answers are old until these are read`,
    )
  if (liveModel !== null && liveModel.featureSetId !== featureSetId && liveModel.featureSetId === keptSetId)
    told.push(
      `The model that serves, ${liveModel.modelId}, uses ${keptSetId}: after a restart it goes on serving on that set, which is kept beside, until a model of ${featureSetId} has proven itself.`,
    )
  else if (liveModel !== null && liveModel.featureSetId !== featureSetId)
    warnings.push(
      `The model that serves, ${liveModel.modelId}, uses ${liveModel.featureSetId}: after a restart with this configuration it cannot answer, and requests get the fallback until a model of ${featureSetId} is live`,
    )
  if (missing.length + building.length === 0 && !isSameSet && keptSetId !== null)
    told.push('All states that this configuration needs are there: a restart is ready at once.')
  return { told, warnings }
}
