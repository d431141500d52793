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

export interface ScalingRun {
  processes: number
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

/** Several processes share the partitions of a topic that is full when they begin. */
export async function measureScaling(
  addresses: Addresses,
  workload: Workload,
  counts: readonly number[],
  say: (line: string) => void,
): Promise<ScalingRun[]> {
  const feed = await openBenchFeed(addresses, workload)
  const expected = expectedOf(workload)
  const runs: ScalingRun[] = []
  for (const processes of counts) {
    await feed.reset()
    const members = Array.from({ length: processes }, () => startMember(feed.task))
    try {
      await until('all members to have joined', () =>
        Promise.resolve(members.every(({ joined }) => joined())),
      )
      const reached = async (share: number) => {
        const wanted = 2 * share * workload.interactions
        let now = totals(members)
        while (now.applied < wanted) {
          for (const each of members) each.mustRun()
          await sleep(POLL_MS)
          now = totals(members)
        }
        return { ...now, atMs: performance.now() }
      }
      const warm = await reached(WARM_UP_SHARE)
      const done = await reached(1)
      const interactions = (done.applied - warm.applied) / 2
      const found = await feedloopStates(feed.task, workload.partitions)
      runs.push({
        processes,
        cpuSecondsPerMillion: (done.cpuMicros - warm.cpuMicros) / interactions,
        eventsPerSecond: (interactions / (done.atMs - warm.atMs)) * 1_000,
        recordsPerWrite: (done.applied - warm.applied) / (done.writes - warm.writes),
        wrong: [...expected].filter(([id, state]) => !agrees(state, found.get(id) ?? null)).length,
      })
      say(JSON.stringify(runs.at(-1)))
    } finally {
      await Promise.all(members.map(({ kill }) => kill()))
    }
  }
  await feed.close()
  return runs
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
