import { setTimeout as sleep } from 'node:timers/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import type { Addresses } from '#streams'
import { startBuilt, until } from '#streams/testing'
import { openBenchFeed } from './kafka-bench-feed.ts'
import { agrees, expectedOf } from './oracle.ts'
import type { MemberReport } from './process-feedloop-member.ts'
import { feedloopStates } from './redis-final-states.ts'
import type { Workload } from './workload.ts'

/** How processes run side by side: members of one group, or each with a feed of its own, as large as its share. */
export type Company = 'one group' | 'nothing shared'

export interface ScalingRun {
  processes: number
  company: Company
  /** Of all processes together, after the warm-up. */
  cpuSecondsPerMillion: number
  eventsPerSecond: number
  /** Interactions and copies that came with one fenced write, in the mean: what is paid per batch is shared by so many. */
  recordsPerWrite: number
  wrong: number
}

/** Not counted: every process compiles for itself, which takes far more than a start. */
const WARM_UP_SHARE = 0.6
const POLL_MS = 100

const member = path.join(path.dirname(fileURLToPath(import.meta.url)), 'process-feedloop-member.ts')

/**
 * What several processes cost together on topics that are full when they begin. As many processes that share nothing
 * tell what is the machine's own: caches and cores that they take from one another.
 */
export async function measureScaling(
  addresses: Addresses,
  workload: Workload,
  counts: readonly number[],
  say: (line: string) => void,
): Promise<ScalingRun[]> {
  const runs: ScalingRun[] = []
  for (const processes of counts)
    for (const company of processes === 1
      ? (['one group'] as const)
      : (['one group', 'nothing shared'] as const)) {
      runs.push(await runTogether(addresses, workload, processes, company))
      say(JSON.stringify(runs.at(-1)))
    }
  return runs
}

async function runTogether(
  addresses: Addresses,
  workload: Workload,
  processes: number,
  company: Company,
): Promise<ScalingRun> {
  const feeds = company === 'one group' ? 1 : processes
  const share = {
    ...workload,
    interactions: Math.round(workload.interactions / feeds),
    partitions: workload.partitions / feeds,
  }
  const opened = await Promise.all(Array.from({ length: feeds }, () => openBenchFeed(addresses, share)))
  const members = opened.flatMap(({ task }) =>
    Array.from({ length: processes / feeds }, () => startMember(task)),
  )
  try {
    await until('all members to have joined', () => Promise.resolve(members.every(({ joined }) => joined())))
    const warm = await reached(members, 2 * WARM_UP_SHARE * share.interactions * feeds)
    const done = await reached(members, 2 * share.interactions * feeds)
    const interactions = (done.applied - warm.applied) / 2
    const expected = expectedOf(share)
    let wrong = 0
    for (const { task } of opened) {
      const found = await feedloopStates(task, share.partitions)
      wrong += [...expected].filter(([id, state]) => !agrees(state, found.get(id) ?? null)).length
    }
    return {
      processes,
      company,
      cpuSecondsPerMillion: (done.cpuMicros - warm.cpuMicros) / interactions,
      eventsPerSecond: (interactions / (done.atMs - warm.atMs)) * 1_000,
      recordsPerWrite: (done.applied - warm.applied) / (done.writes - warm.writes),
      wrong,
    }
  } finally {
    await Promise.all(members.map(({ kill }) => kill()))
    for (const feed of opened) {
      await feed.reset()
      await feed.close()
    }
  }
}

type Member = ReturnType<typeof startMember>

/** When all together have applied so many, users and items counted alike. */
async function reached(members: readonly Member[], wanted: number) {
  let now = totals(members)
  while (now.applied < wanted) {
    for (const each of members) each.mustRun()
    await sleep(POLL_MS)
    now = totals(members)
  }
  return { ...now, atMs: performance.now() }
}

function startMember(task: Parameters<typeof startBuilt>[3] & { topic: string }) {
  const started = startBuilt('feedloop member', member, [JSON.stringify(task)], task)
  let joined = false
  let report: MemberReport = { user: 0, item: 0, writes: 0, cpuMicros: 0 }
  createInterface(started.child.stdout!).on('line', (line) => {
    if (line === 'joined') joined = true
    if (line.startsWith('report ')) report = JSON.parse(line.slice('report '.length)) as MemberReport
  })
  return {
    joined: () => joined,
    report: () => report,
    mustRun: () => started.mustRun(),
    kill: () => started.kill(),
  }
}

function totals(members: readonly { report(): MemberReport }[]) {
  const sum = { cpuMicros: 0, applied: 0, writes: 0 }
  for (const { report } of members) {
    const { user, item, writes, cpuMicros } = report()
    sum.cpuMicros += cpuMicros
    sum.applied += user + item
    sum.writes += writes
  }
  return sum
}
