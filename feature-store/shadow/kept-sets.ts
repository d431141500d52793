import type { CompiledFeatureSet } from '../feature-set.ts'
import { layoutIdsOf, OWNED_NOW_MS, type OwnedSet } from './owned-set.ts'
import { REPLAY_TOPICS, type ReplayTopic } from './replay-job.ts'

/** Sets that are kept beside the configured one at the same time, those told of last. */
export const KEPT_SETS_MAX = 2

/** What a features service with this configuration does about the sets of others. */
export interface KeptSetsPlan {
  /** To keep: models need them, and no features service is configured with them. */
  keep: OwnedSet[]
  /** Kept beside until now, and needed no more. */
  drop: OwnedSet[]
}

/** @param needed feature sets that models need; null: it cannot be known, so all may be */
export function keptSetsPlan(
  owned: readonly OwnedSet[],
  { ownId, needed, atMs }: { ownId: string; needed: ReadonlySet<string> | null; atMs: number },
): KeptSetsPlan {
  const isKeptByItself = ({ isBeside, atMs: toldAtMs }: OwnedSet) =>
    isBeside !== true && atMs - toldAtMs <= OWNED_NOW_MS
  const others = owned
    .filter((set) => set.featureSetId !== ownId && !isKeptByItself(set))
    .sort((a, b) => b.atMs - a.atMs)
  const isNeeded = ({ featureSetId }: OwnedSet) => needed === null || needed.has(featureSetId)
  const keep = others.filter(isNeeded).slice(0, KEPT_SETS_MAX)
  return { keep, drop: others.filter((set) => set.isBeside === true && !isNeeded(set)) }
}

/** Of an old set's states, those that the configured set does not share: its own stages keep the others. */
export function topicsApart(
  old: { layouts: CompiledFeatureSet['layouts']; namespace: string },
  own: { layouts: CompiledFeatureSet['layouts']; namespace: string },
): ReplayTopic[] {
  const [theirs, ours] = [layoutIdsOf(old), layoutIdsOf(own)]
  return REPLAY_TOPICS.filter((topic) => old.namespace !== own.namespace || theirs[topic] !== ours[topic])
}

/** Patterns of the keys that go with this set: those of no other one. */
export const globsOfAlone = (set: OwnedSet, others: readonly OwnedSet[]): string[] =>
  set.globs.filter((glob) => !others.some(({ globs }) => globs.includes(glob)))
