import { FEATURE_LOG_EVENTS } from '#feature-store'
import type { StackUser } from '#streams/testing'
import { startTraffic } from '../faults/kafka-numbered-traffic.ts'
import { featuresCaughtUp } from '../faults/run-scenario.ts'
import { workloadOf } from '../faults/numbered-traffic.ts'
import type { OwnFeed } from './own-feed.ts'

interface Compared {
  isEqual: boolean
  topics: { topic: string; compared: number; different: number; moving: number }[]
}

/** Both comparisons: before the switch, and after readers were there and back. */
export interface ReplayedFeed {
  before: Compared
  after: Compared
  /** Where readers were sent, and back. */
  switched: { from: string; to: string }[]
}

const NAME = 'v2'
const SLOW_RATE = '500/s'
const FAST_RATE = '10000000/s'

/**
 * A replay by an operator, as somebody types it: killed on the way, gone on with, held against what is live, switched to under
 * traffic, and back.
 */
export async function replayAndSwitch(feed: OwnFeed): Promise<ReplayedFeed> {
  const features = feed.run('features')
  const send = async (seed: number, interactions: number) => {
    const traffic = await startTraffic(feed, workloadOf({ seed, interactions, users: 60, items: 40 }))
    await traffic.done
    await featuresCaughtUp(feed)
  }
  await send(1, 5_000)

  const first = feed.command(['replay', 'start', '--into', NAME, '--rate', SLOW_RATE, '--niceness', '0'])
  await feed.until('the replay to be under way', async () => (await progressOf(feed)).done > 200, 250)
  first.mayEnd()
  await first.kill()
  if ((await progressOf(feed)).left === 0) throw new Error('it was over before it was killed')
  const second = feed.command(['replay', 'resume', NAME, '--rate', FAST_RATE, '--niceness', '0'])
  await caughtUp(feed)
  const before = await jsonOf<Compared>(feed, 'replay', 'diff', NAME)

  second.mayEnd() // the features service takes its states over
  const there = await jsonOf<ReplayedFeed['switched'][number]>(feed, 'replay', 'switch', NAME)
  await features.wrote(FEATURE_LOG_EVENTS.storeSwitched)
  await send(2, 500)
  const back = await jsonOf<ReplayedFeed['switched'][number]>(feed, 'replay', 'switch', '--back')
  await send(3, 500)
  const third = feed.command(['replay', 'resume', NAME, '--niceness', '0'])
  await caughtUp(feed)
  const after = await jsonOf<Compared>(feed, 'replay', 'diff', NAME)
  third.mayEnd()
  await third.stop()
  await jsonOf(feed, 'replay', 'cancel', NAME)
  return { before, after, switched: [there, back] }
}

async function jsonOf<T>(feed: OwnFeed, ...argv: string[]): Promise<T> {
  const command = feed.command([...argv, '--json'], 'operator' satisfies StackUser)
  command.mayEnd()
  const { exitCode, stdout, stderr } = await command.ended
  if (stdout === '') throw new Error(`${argv.join(' ')} ended with ${String(exitCode)}: ${stderr}`)
  return JSON.parse(stdout) as T
}

interface Progress {
  done: number
  left: number
  isCaughtUp: boolean
}

/** Nothing while it is not there yet. */
async function progressOf(feed: OwnFeed): Promise<Progress> {
  const looks = await jsonOf<{ job: { name: string }; progress: Progress }[]>(feed, 'replay', 'list')
  const found = looks.find(({ job }) => job.name === NAME)
  return found?.progress ?? { done: 0, left: Infinity, isCaughtUp: false }
}

const caughtUp = (feed: OwnFeed) =>
  feed.until('the replay to be caught up', async () => (await progressOf(feed)).isCaughtUp, 250)
