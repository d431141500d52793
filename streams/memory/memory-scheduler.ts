import { nextTurn } from '../process-next-turn.ts'
import type { Random } from '../simulator/random.ts'
import type { MemoryClock } from './memory-clock.ts'
import type { MemoryFollowers } from './memory-follower.ts'
import type { MemoryGroups } from './memory-groups.ts'
import type { MemoryRuntime } from './memory-contract.ts'

export interface MemorySchedulerParts {
  groups: MemoryGroups
  followers: MemoryFollowers
  clock: MemoryClock
  random: Random
  /** How much the clock moves per step. */
  stepMs: number
}

const STEPS_MAX = 5_000_000

/** Who reads next, and how much: chance decides. */
export function createMemoryScheduler({
  groups,
  followers,
  clock,
  random,
  stepMs,
}: MemorySchedulerParts): Pick<MemoryRuntime, 'step' | 'settle' | 'settleUntil'> {
  async function step(): Promise<boolean> {
    const worked = await groups.alone(async () => {
      const readable = groups.readable().filter(({ notBeforeMs }) => notBeforeMs <= clock.nowMs())
      const followable = followers.behind()
      const choices = readable.length + followable.length
      if (choices === 0) return false
      clock.advance(stepMs)
      const choice = random.int(choices)
      if (choice >= readable.length) await followable[choice - readable.length]!(random.int)
      else await groups.work(readable[choice]!, random.int)
      return true
    })
    await nextTurn()
    return worked
  }

  async function settle(): Promise<void> {
    const triedAgain = new Set<string>()
    for (let steps = 0; steps < STEPS_MAX; steps++) {
      if (await step()) continue
      for (let turn = 0; turn < 5; turn++) await nextTurn()
      const readable = groups.readable()
      const waiting = readable.filter(({ parkedAt }) => parkedAt === null || !triedAgain.has(parkedAt))
      if (waiting.length === 0 && followers.behind().length === 0) return
      if (waiting.length === 0) continue
      clock.advanceTo(Math.min(...waiting.map(({ notBeforeMs }) => notBeforeMs)))
      for (const { parkedAt, notBeforeMs } of waiting)
        if (parkedAt !== null && notBeforeMs <= clock.nowMs()) triedAgain.add(parkedAt)
    }
    throw new Error(`not settled after ${STEPS_MAX} steps: stages feed one another without end`)
  }

  async function settleUntil<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const mark = () => void (settled = true)
    promise.then(mark, mark)
    while (!settled) await settle()
    return promise
  }

  return { step, settle, settleUntil }
}
