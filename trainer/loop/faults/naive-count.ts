import { type FeedloopProcess, type NaiveCounterOptions, startNaiveCounter } from '#streams/testing'
import type { OwnFeed } from '../testing/own-feed.ts'
import { onRedis } from './redis-admin.ts'

/** Counters as a first attempt would have them, for controls: group `<prefix>.naive`. */
export interface NaiveCount {
  /** Starts one more member. It may die. @param restMs how long it rests after each record */
  start(restMs?: number): FeedloopProcess
  /** Counted so far, per user. */
  counts(): Promise<Record<string, string>>
  total(): Promise<number>
}

export function openNaiveCount(feed: OwnFeed, habit: NaiveCounterOptions['habit'] = 'none'): NaiveCount {
  const { addresses, prefix, runtime } = feed
  const hash = `naive{${prefix}.counts}`
  const given = { topic: runtime.topicName('interactions'), groupId: `${prefix}.naive`, hash, habit }
  const counts = () => onRedis(addresses.redis, (redis) => redis.hgetall(hash))
  return {
    counts,
    start(restMs = 0) {
      const counter = feed.adopt(startNaiveCounter(addresses, { ...given, restMs }))
      counter.mayEnd()
      return counter
    },
    total: async () => Object.values(await counts()).reduce((sum, count) => sum + Number(count), 0),
  }
}
