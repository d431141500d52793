import { setTimeout as sleep } from 'node:timers/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import type { Addresses } from '#streams'
import { startBuilt, until } from '#streams/testing'
import { type BenchFeed, openBenchFeed } from './kafka-bench-feed.ts'
import { agrees, expectedOf } from './oracle.ts'
import type { MemberReport } from './process-feedloop-member.ts'
import { feedloopStates } from './redis-final-states.ts'
import type { Workload } from './workload.ts'

/** How processes run side by side: members of one group, or each with a feed of its own, as large as its share. */
export type Company = 'one group' | 'nothing shared'

/** What all processes together did and took. */
export interface ScalingStretch {
  cpuSecondsPerMillion: number
  eventsPerSecond: number
  /** Interactions and copies that came with one fenced write, in the mean: what is paid per batch is shared by so many. */
  recordsPerWrite: number
}

/** One counted pass over the whole topic. */
export interface ScalingRun extends ScalingPass {
  round: number
  processes: number
  company: Company
}

interface ScalingPass {
  /** From the warm-up until the first partition is empty, as far as members told by then: up to a second later. */
  allBusy: ScalingStretch
  /** From there to the end: members whose partition is empty wait for the copies of the others. */
  someDone: ScalingStretch
  wrong: number
}

/** How often the members work through everything first: each compiles for itself, and cost falls over its first millions. */
const REHEARSALS = 2
/** ... and then with a look at what it costs: the same processes differ by some percent from pass to pass. */
const COUNTED_PASSES = 3
/** Not counted: caches are empty at the start. */
const WARM_UP_SHARE = 0.2
const POLL_MS = 100

const member = path.join(path.dirname(fileURLToPath(import.meta.url)), 'process-feedloop-member.ts')

export interface ScalingPlan {
  /** How many processes. */
  counts: readonly number[]
  /** Every count runs once per round. */
  rounds: number
  /** Then once more with as many processes that share nothing. */
  apart: boolean
}

/**
 * What several processes cost together on topics that are full when they begin. As many processes that share nothing
 * tell what is the machine's own: caches and cores that they take from one another.
 */
export async function measureScaling(
  addresses: Addresses,
  workload: Workload,
  { counts, rounds, apart }: ScalingPlan,
  say: (line: string) => void,
): Promise<ScalingRun[]> {
  const runs: ScalingRun[] = []
  const play = async (
    { round, processes, company }: Pick<ScalingRun, 'round' | 'processes' | 'company'>,
    feeds: readonly BenchFeed[],
    expected: Expected,
    share: Workload,
  ) => {
    for await (const pass of runTogether(feeds, expected, share, processes)) {
      runs.push({ round, processes, company, ...pass })
      say(JSON.stringify(runs.at(-1)))
    }
  }
  await withFeeds(addresses, workload, 1, async (feeds, expected) => {
    for (let round = 1; round <= rounds; round++)
      for (const processes of counts)
        await play({ round, processes, company: 'one group' }, feeds, expected, workload)
  })
  for (const processes of apart ? counts.filter((count) => count > 1) : []) {
    const { interactions, partitions } = workload
    const share = {
      ...workload,
      interactions: Math.round(interactions / processes),
      partitions: partitions / processes,
    }
    await withFeeds(addresses, share, processes, (feeds, expected) =>
      play({ round: rounds, processes, company: 'nothing shared' }, feeds, expected, share),
    )
  }
  return runs
}

async function withFeeds(
  addresses: Addresses,
  share: Workload,
  count: number,
  work: (feeds: readonly BenchFeed[], expected: Expected) => Promise<void>,
): Promise<void> {
  const feeds = await Promise.all(Array.from({ length: count }, () => openBenchFeed(addresses, share)))
  try {
    await work(feeds, expectedOf(share))
  } finally {
    await Promise.all(feeds.map((feed) => feed.close()))
  }
}

/** The members start, and go when all passes are over. */
async function* runTogether(
  feeds: readonly BenchFeed[],
  expected: Expected,
  share: Workload,
  processes: number,
): AsyncGenerator<ScalingPass> {
  const groups = feeds.map(({ task, recordsPerPartition }) => ({
    members: Array.from({ length: processes / feeds.length }, () => startMember(task)),
    recordsPerPartition,
  }))
  const members = groups.flatMap((group) => group.members)
  const isAnyEmpty = () =>
    groups.some((group) =>
      group.members.some(({ report }) =>
        Object.entries(report().userOffsets).some(
          ([partition, offset]) => offset >= group.recordsPerPartition[Number(partition)]!,
        ),
      ),
    )
  const all = 2 * share.interactions * feeds.length
  const allJoined = () => every(members, 'joined', ({ joined }) => joined())
  const beginAnew = async () => {
    for (const { rest } of members) rest()
    await every(members, 'rested', ({ resting }) => resting())
    await Promise.all(feeds.map((feed) => feed.reset()))
    for (const { begin } of members) begin()
    await allJoined()
  }
  const pass = async (): Promise<ScalingPass> => {
    const warm = await reached(members, ({ applied }) => applied >= WARM_UP_SHARE * all)
    if (isAnyEmpty()) throw new Error('a partition is empty before all are warm: more interactions, please')
    const oneDone = await reached(members, isAnyEmpty)
    const end = await reached(members, ({ applied }) => applied >= all)
    const wrong = await wrongStates(feeds, expected, share)
    return { allBusy: stretch(warm, oneDone), someDone: stretch(oneDone, end), wrong }
  }
  try {
    await allJoined()
    for (let n = 0; n < REHEARSALS + COUNTED_PASSES; n++) {
      if (n > 0) await beginAnew()
      if (n >= REHEARSALS) yield await pass()
      else await reached(members, ({ applied }) => applied >= all)
    }
  } finally {
    await Promise.all(members.map(({ kill }) => kill()))
    for (const feed of feeds) await feed.reset()
  }
}

async function wrongStates(
  feeds: readonly BenchFeed[],
  expected: Expected,
  share: Workload,
): Promise<number> {
  let wrong = 0
  for (const { task } of feeds) {
    const found = await feedloopStates(task, share.partitions)
    wrong += [...expected].filter(([id, state]) => !agrees(state, found.get(id) ?? null)).length
  }
  return wrong
}

type Expected = ReturnType<typeof expectedOf>
type Member = ReturnType<typeof startMember>
type Totals = ReturnType<typeof totals>

const every = (members: readonly Member[], what: string, is: (member: Member) => boolean): Promise<void> =>
  until(`all members to have ${what}`, () => {
    for (const each of members) each.mustRun()
    return Promise.resolve(members.every(is))
  })

async function reached(members: readonly Member[], isThere: (now: Totals) => boolean): Promise<Totals> {
  for (;;) {
    const now = totals(members)
    if (isThere(now)) return now
    for (const each of members) each.mustRun()
    await sleep(POLL_MS)
  }
}

function startMember(task: Parameters<typeof startBuilt>[3] & { topic: string }) {
  const started = startBuilt('feedloop member', member, [JSON.stringify(task)], task)
  let joined = false
  const nothing: MemberReport = { user: 0, item: 0, writes: 0, userOffsets: {}, cpuMicros: 0 }
  let report = nothing
  let resting = false
  createInterface(started.child.stdout!).on('line', (line) => {
    if (line === 'joined') joined = true
    if (line === 'resting') {
      report = { ...nothing, cpuMicros: report.cpuMicros }
      resting = true
    }
    if (line.startsWith('report ')) report = JSON.parse(line.slice('report '.length)) as MemberReport
  })
  return {
    joined: () => joined,
    report: () => report,
    resting: () => resting,
    /** Stops its stages. */
    rest: () => void started.child.kill('SIGUSR2'),
    /** Starts them anew. */
    begin() {
      joined = false
      resting = false
      started.child.kill('SIGUSR2')
    },
    mustRun: () => started.mustRun(),
    kill: () => started.kill(),
  }
}

/** Users and items counted alike. */
function totals(members: readonly Member[]) {
  const sum = { cpuMicros: 0, applied: 0, writes: 0, atMs: performance.now() }
  for (const { report } of members) {
    const { user, item, writes, cpuMicros } = report()
    sum.cpuMicros += cpuMicros
    sum.applied += user + item
    sum.writes += writes
  }
  return sum
}

function stretch(from: Totals, to: Totals): ScalingStretch {
  const interactions = (to.applied - from.applied) / 2
  return {
    cpuSecondsPerMillion: (to.cpuMicros - from.cpuMicros) / interactions,
    eventsPerSecond: (interactions / (to.atMs - from.atMs)) * 1_000,
    recordsPerWrite: (to.applied - from.applied) / (to.writes - from.writes),
  }
}
