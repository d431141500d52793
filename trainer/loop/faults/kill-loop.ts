import type { FeedloopProcess } from '#streams/testing'
import { wallStopwatch } from '../demo/process-stopwatch.ts'
import type { OwnFeed } from '../testing/own-feed.ts'
import type { KeptProcess } from './process-keeper.ts'
import { startMember } from './process-member.ts'

export interface KillLoopOptions {
  feed: OwnFeed
  /** Starts one process of the fleet. */
  start(): FeedloopProcess
  /** How many run side by side. */
  processes: number
  kills: number
  /** The time between two kills is drawn from 0 up to this. */
  pauseMsMax: number
  random(): number
  /** How much the fleet has done, and how much there is to do. */
  progress(): Promise<number>
  possible(): Promise<number>
  /** While true, kills go on even when there were enough. */
  isBusy(): boolean
}

export interface KilledFleet {
  /** Those that are left. */
  running: KeptProcess[]
  kills: number
  /** How often a process of any place ended by itself because another owner had taken over. */
  fenced: number
}

const neverAborted = new AbortController().signal

/**
 * Kills one process of a fleet after the other with SIGKILL, at random moments, and replaces each at once. The next kill
 * waits until the fleet has done some work since the last, so that every kill interrupts something.
 */
export async function killAtRandom(options: KillLoopOptions): Promise<KilledFleet> {
  const { feed, start, processes, random, isBusy, progress } = options
  const places = Array.from({ length: processes }, () => startMember(feed, start))
  const fallen: KeptProcess[] = []
  let before = 0
  while (fallen.length < options.kills || isBusy()) {
    await feed.until('progress between two kills', async () => {
      const done = await progress()
      return done > before || (!isBusy() && done >= (await options.possible()))
    })
    await wallStopwatch.rest(random() * options.pauseMsMax, neverAborted)
    before = await progress()
    const at = Math.floor(random() * processes)
    await places[at]!.kill()
    fallen.push(places[at]!)
    places[at] = startMember(feed, start)
  }
  const fenced = [...fallen, ...places].reduce((sum, member) => sum + member.deaths(), 0)
  return { running: places, kills: fallen.length, fenced }
}
