import { OperatorError } from '#streams'
import type { Fence } from '../fence.ts'
import type { StateStore } from '../state-store.ts'
import type { LogRange } from './kafka-range.ts'
import { isTopicOver, progressOf, type ReplayProgress } from './progress.ts'
import { type ReplayJob, type ReplayTopic, tagsOfTopic } from './replay-job.ts'
import type { ReplayEnd, ReplayParts } from './replay-parts.ts'

/**
 * Users are never folded further than the live service has written copies: after a switch it goes on from the replay's fence,
 * and copies that nobody wrote would be missing for ever.
 */
export const copiedUntil = ({ prefix, range, runtime }: ReplayParts) =>
  range.copiedUntil(prefix, runtime.topicName('interactions'))

export const fencesOf = (store: Pick<StateStore, 'fences'>, { topics }: ReplayJob) =>
  Promise.all(topics.map((topic) => store.fences(tagsOfTopic(topic))))

export const highsOf = (range: Pick<LogRange, 'ends'>, { topics }: ReplayJob) =>
  Promise.all(topics.map(async ({ topicName }) => (await range.ends(topicName)).highs))

/** How far a replay is, by its fences and the logs. */
export const progressNow = async (
  { store, range }: { store: Pick<StateStore, 'fences'>; range: Pick<LogRange, 'ends'> },
  job: ReplayJob,
): Promise<ReplayProgress> => progressOf(job, await fencesOf(store, job), await highsOf(range, job))

/** Makes the fences from which a replay begins. A death in between does no harm: those that are there stay. */
export async function plant({ store, range, replays }: ReplayParts, job: ReplayJob): Promise<ReplayJob> {
  for (const topic of job.topics) {
    const { highs } = await range.ends(topic.topicName)
    const sourceHighs = new Map(
      job.sourceStarts.flatMap((start, p) => (start > 0 ? [[p, start - 1] as const] : [])),
    )
    for (const [partition, tag] of tagsOfTopic(topic).entries())
      await store.acquire(tag, {
        startOffset: topic.starts[partition]!,
        rebuildUntilOffset: topic.ends[partition] ?? highs[partition]!,
        ...(topic.topic === 'itemInteractions' ? { sourceHighs } : {}),
      })
  }
  const planted = await replays.change(job.name, (asked) => ({ ...asked, isPlanted: true }))
  return planted ?? job
}

export async function noteEnd({ replays, job }: ReplayParts, end: ReplayEnd): Promise<void> {
  if (end === 'done') await replays.change(job.name, (asked) => ({ ...asked, state: 'done' }))
  if (end !== 'taken_over' || job.kind === 'kept') return
  const owned = (await replays.ownedSets()).find(({ statesId }) => statesId === job.statesId)
  if (owned?.namespace === job.namespace)
    await replays.change(job.name, (asked) => ({ ...asked, state: 'switched' }))
}

/**
 * Ends that a bounded replay finds out on its way: copies end where the live service has written those of the last interaction;
 * attributes, which folds look up, where they are when all else is over.
 */
export async function foundEnds(
  { range, replays, store }: ReplayParts,
  job: ReplayJob,
  { topics }: ReplayProgress,
  copied: readonly (number | null)[],
): Promise<ReplayJob> {
  if (job.follows) return job
  const open = job.topics.filter(({ ends }) => ends.includes(null))
  if (open.length === 0) return job
  const found = new Map<ReplayTopic, number[]>()
  const copies = open.find(({ topic }) => topic === 'itemInteractions')
  if (copies !== undefined) {
    const isWritten = job.sourceEnds.every((end, p) => end === null || end === 0 || (copied[p] ?? -1) >= end)
    if (isWritten) found.set(copies.topic, (await range.ends(copies.topicName)).highs)
  } else {
    const rest = job.topics.filter(({ topic }) => topic === 'interactions' || topic === 'itemInteractions')
    const fences = await Promise.all(rest.map((topic) => store.fences(tagsOfTopic(topic))))
    if (rest.every((topic, at) => isTopicOver(topic, fences[at]!)))
      for (const { topic } of open)
        found.set(
          topic,
          topics.find((told) => told.topic === topic)!.partitions.map(({ end }) => end),
        )
  }
  if (found.size === 0) return job
  const changed = await replays.change(job.name, (asked) => ({
    ...asked,
    topics: asked.topics.map((topic) => ({ ...topic, ends: found.get(topic.topic) ?? topic.ends })),
  }))
  return changed ?? job
}

/**
 * The store as this process may use it. Fences that were planted and are gone mean that Redis lost data: to begin them again
 * would make half a state.
 */
export function ownedByUs(store: StateStore, { name, topics }: ReplayJob) {
  const epochs = new Map<string, number>()
  const tags = new Map(topics.map((topic) => [topic.topic, tagsOfTopic(topic)]))
  return {
    /** Its epoch is no longer ours. */
    isTaken(topic: ReplayTopic, partition: number, fence: Fence | null): boolean {
      const epoch = epochs.get(tags.get(topic)![partition]!)
      return epoch !== undefined && fence !== null && fence.epoch > epoch
    },
    store: {
      ...store,
      async acquire(tag, fresh) {
        const [known] = await store.fences([tag])
        if (known === null || known === undefined) throw statesGone(name)
        const fence = await store.acquire(tag, fresh)
        epochs.set(tag, fence.epoch)
        return fence
      },
    } satisfies StateStore,
  }
}

const statesGone = (name: string) =>
  new OperatorError(
    'replay_gone',
    `Redis has lost states of the replay ${name}: \`feedloop replay cancel ${name}\`, then start it again.`,
  )
