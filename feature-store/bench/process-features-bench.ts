import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Addresses } from '#streams'
import type { BothRuns, Run } from './bench-report.ts'
import { CONTESTANTS, type Contestant } from './contestants.ts'
import { cpuShares, type StageShare } from './cpu-profile.ts'
import { type BenchFeed, openBenchFeed } from './kafka-bench-feed.ts'
import { agrees, expectedOf } from './oracle.ts'
import { runContestant } from './process-contest.ts'
import type { FeedloopTask } from './contest.ts'
import type { ProfileFile } from './process-profiler.ts'
import type { Workload } from './workload.ts'

/** One topic that every contestant works through, and what must be in Redis then. */
export interface Contest {
  meanBytes: number
  /** One run, its final state held against the oracle. */
  play(contestant: Contestant): Promise<Run>
  close(): Promise<void>
}

export async function openContest(
  addresses: Addresses,
  workload: Workload,
  say: (line: string) => void,
): Promise<Contest> {
  say(`writing ${String(workload.interactions)} interactions`)
  const feed = await openBenchFeed(addresses, workload)
  const expected = expectedOf(workload)
  return {
    meanBytes: feed.meanBytes,
    async play(contestant) {
      await feed.reset()
      const outcome = await runContestant(contestant, feed.task, say)
      const found = await contestant.states?.(feed.task, workload.partitions)
      const wrong =
        found === undefined
          ? null
          : [...expected].filter(([id, state]) => !agrees(state, found.get(id) ?? null)).length
      const { eventsPerSecond, cpuSecondsPerMillion } = outcome
      say(
        `${contestant.name}: ${eventsPerSecond.toFixed(0)} events/s, ${cpuSecondsPerMillion.toFixed(1)} CPU s per million`,
      )
      return { contestant: contestant.name, ...outcome, wrong }
    },
    close: () => feed.close(),
  }
}

export interface Plan {
  rounds: number
  contestants: readonly Contestant[]
}

export interface Played {
  meanBytes: number
  rounds: Run[][]
}

/** Every contestant in every round, on the same topic. */
export async function playRounds(
  addresses: Addresses,
  workload: Workload,
  { rounds, contestants }: Plan,
  say: (line: string) => void,
): Promise<Played> {
  const contest = await openContest(addresses, workload, say)
  const played: Run[][] = []
  for (let round = 1; round <= rounds; round++) {
    say(`round ${String(round)}/${String(rounds)}`)
    const runs: Run[] = []
    for (const contestant of contestants) runs.push(await contest.play(contestant))
    played.push(runs)
  }
  await contest.close()
  return { meanBytes: contest.meanBytes, rounds: played }
}

/** The same on a plain and on a secure stack, in turn: the one that begins changes with the rounds. */
export async function playBoth(
  { plain, secure }: { plain: Addresses; secure: Addresses },
  workload: Workload,
  { rounds, contestants }: Plan,
  say: (line: string) => void,
): Promise<BothRuns[][]> {
  const onPlain = await openContest(plain, workload, (line) => say(`plain: ${line}`))
  const onSecure = await openContest(secure, workload, (line) => say(`secure: ${line}`))
  const played: BothRuns[][] = []
  for (let round = 1; round <= rounds; round++) {
    say(`round ${String(round)}/${String(rounds)}`)
    const runs: BothRuns[] = []
    for (const contestant of contestants) {
      const first = round % 2 === 1 ? await onPlain.play(contestant) : undefined
      const withTls = await onSecure.play(contestant)
      runs.push({ plain: first ?? (await onPlain.play(contestant)), secure: withTls })
    }
    played.push(runs)
  }
  await onPlain.close()
  await onSecure.close()
  return played
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
