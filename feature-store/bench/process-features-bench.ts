import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Addresses } from '#streams'
import type { Run } from './bench-report.ts'
import { CONTESTANTS, type Contestant } from './contestants.ts'
import { cpuShares, type StageShare } from './cpu-profile.ts'
import { type BenchFeed, openBenchFeed } from './kafka-bench-feed.ts'
import { agrees, expectedOf } from './oracle.ts'
import { runContestant } from './process-contest.ts'
import type { FeedloopTask } from './contest.ts'
import type { ProfileFile } from './process-profiler.ts'
import type { Workload } from './workload.ts'

export interface Played {
  meanBytes: number
  rounds: Run[][]
}

/** Every contestant in every round, on the same topic, its final state held against the oracle. */
export async function playRounds(
  addresses: Addresses,
  workload: Workload,
  { rounds, contestants }: { rounds: number; contestants: readonly Contestant[] },
  say: (line: string) => void,
): Promise<Played> {
  say(`writing ${String(workload.interactions)} interactions`)
  const feed = await openBenchFeed(addresses, workload)
  const expected = expectedOf(workload)
  const played: Run[][] = []
  for (let round = 1; round <= rounds; round++) {
    const runs: Run[] = []
    for (const contestant of contestants) {
      await feed.reset()
      const outcome = await runContestant(contestant, feed.task, say)
      const found = await contestant.states?.(feed.task, workload.partitions)
      const wrong =
        found === undefined
          ? null
          : [...expected].filter(([id, state]) => !agrees(state, found.get(id) ?? null)).length
      runs.push({ contestant: contestant.name, ...outcome, wrong })
      const { eventsPerSecond, cpuSecondsPerMillion } = outcome
      say(
        `round ${String(round)}/${String(rounds)} ${contestant.name}: ${eventsPerSecond.toFixed(0)} events/s, ${cpuSecondsPerMillion.toFixed(1)} CPU s per million`,
      )
    }
    played.push(runs)
  }
  await feed.close()
  return { meanBytes: feed.meanBytes, rounds: played }
}

export interface Profiled {
  /** Of the whole process and its whole life: start and profiler included. */
  shares: StageShare[]
  loopLagMs: ProfileFile['loopLagMs']
}

/** One more run of feedloop, under the sampling profiler. */
export async function profileFeedloop(
  addresses: Addresses,
  workload: Workload,
  say: (line: string) => void,
): Promise<Profiled> {
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-profile-'))
  const feed: BenchFeed = await openBenchFeed(addresses, workload)
  try {
    const profileFile = path.join(folder, 'profile')
    const feedloop = CONTESTANTS.find(({ name }) => name === 'feedloop')!
    const task: FeedloopTask = { ...feed.task, profileFile }
    await runContestant(feedloop, task, say)
    const file = JSON.parse(await readFile(profileFile, 'utf8')) as ProfileFile
    return { shares: cpuShares(file.profile, file, workload.interactions), loopLagMs: file.loopLagMs }
  } finally {
    await feed.close()
    await rm(folder, { recursive: true, force: true })
  }
}
