import { expect, it } from 'vitest'
import type { Serving } from '../serving.ts'
import type { OwnedSet } from './owned-set.ts'
import type { Replays } from './redis-replays.ts'
import type { ReplayJob } from './replay-job.ts'
import { removeKept, switchBack } from './switch.ts'

const HOUR_MS = 3_600_000

/** Served from a replay, and what was served before is kept for an hour. */
function feed(owned: Partial<OwnedSet>[] = []) {
  let serving: Serving | null = {
    namespace: 'feed:v3',
    sinceMs: 0,
    kept: [{ namespace: 'feed:v2', keepUntilMs: HOUR_MS }],
  }
  let jobs = [{ name: 'v2', kind: 'copy', namespace: 'feed:v2', state: 'switched' }] as ReplayJob[]
  const removed: string[] = []
  const replays = {
    list: async () => jobs,
    change: async (name: string, change: (job: ReplayJob) => ReplayJob | null) => {
      jobs = jobs.flatMap((job) => (job.name === name ? (change(job) ?? []) : [job]))
      return null
    },
    serving: async () => serving,
    changeServing: async (_: string, change: (serving: Serving | null) => Serving | null) => {
      serving = change(serving)
    },
    ownedSets: async () => owned as OwnedSet[],
    remove: async (glob: string) => {
      removed.push(glob)
      return 7
    },
  } as unknown as Replays
  return { replays, removed, kept: () => serving!.kept, jobs: () => jobs }
}

it('what was served before goes when its time is over, not earlier, with its replay; then there is no way back', async () => {
  const { replays, removed, kept, jobs } = feed()
  expect(await removeKept(replays, 's', HOUR_MS - 1)).toEqual([])
  expect(kept()).toHaveLength(1)
  expect(await removeKept(replays, 's', HOUR_MS)).toEqual([{ namespace: 'feed:v2', keys: 7 }])
  expect(removed).toEqual(['feed:v2:{*'])
  expect(kept()).toEqual([])
  expect(jobs()).toEqual([])
  await expect(switchBack(replays, 's', HOUR_MS)).rejects.toThrow('nothing to go back to')
})

it('a namespace in which another set is kept stays', async () => {
  const { replays, removed, kept } = feed([{ namespace: 'feed:v2' }])
  expect(await removeKept(replays, 's', 2 * HOUR_MS)).toEqual([])
  expect(removed).toEqual([])
  expect(kept()).toHaveLength(1)
})
