import { setTimeout as sleep } from 'node:timers/promises'
import { STREAMS_LOG_EVENTS } from '#streams'
import type { FeedloopProcess } from '#streams/testing'
import type { OwnFeed } from '../testing/own-feed.ts'
import { keepRunning, type KeptProcess } from './process-keeper.ts'

const JOIN_MS_MAX = 5_000

/** What a process says last whose partition another owner has taken over. */
const FENCED = /may not write any more/

/**
 * A member of a group: started again when it was fenced; any other end by itself is a failure of the feed's run.
 *
 * @param start starts a process that belongs to the feed
 */
export function startMember(feed: OwnFeed, start: () => FeedloopProcess): KeptProcess {
  const expected = (exitCode: number | null, stderr: string) => exitCode === 1 && FENCED.test(stderr)
  const kept = keepRunning(start, { expected })
  return feed.adopt({
    ...kept,
    async stop() {
      // Before it has joined, a signal ends it as it ends any process: at once, without an exit code. It says when it
      // has, if it is one of ours; nobody waits long for another.
      const joined = kept
        .current()
        .wrote(STREAMS_LOG_EVENTS.partitionsAssigned)
        .catch(() => undefined) // it has ended: its code says how
      await Promise.race([joined, sleep(JOIN_MS_MAX, undefined, { ref: false })])
      return kept.stop()
    },
  })
}
