import type { FeedLog } from './feed-log.ts'
import { type LogFeed, movieLensFeed, openBanditFeed } from './feeds.ts'
import { openMovieLensLog } from './fs-movielens.ts'
import { openOpenBanditLog } from './fs-open-bandit.ts'

/** How a data set is read, and the feed it is tried with when none is given. */
export interface DataSet {
  /** @throws LogUnreadableError */
  open(path: string): Promise<FeedLog>
  feed(): LogFeed
}

/** Every data set, by the name that commands take: whoever adds a reader adds a line here. */
export const DATA_SETS: Readonly<Record<string, DataSet>> = {
  'open-bandit': { open: openOpenBanditLog, feed: openBanditFeed },
  movielens: { open: openMovieLensLog, feed: movieLensFeed },
}
