import type { WrittenColumn } from '#feature-store/files'

/** The tables of a data set of a feed, and their columns: what `dataset synthesize` writes and `train --data` reads. */
export const FEED_TABLES = {
  impressions: [
    { name: 'request_id', type: 'text' },
    { name: 'user_id', type: 'text' },
    { name: 'item_id', type: 'text' },
    { name: 'position', type: 'integer' },
    { name: 'shown_at', type: 'timestamp' },
    { name: 'click', type: 'integer' },
    { name: 'like', type: 'integer' },
    { name: 'dwell_seconds', type: 'number' },
    { name: 'device', type: 'text' },
  ],
  interactions: [
    { name: 'interaction_id', type: 'text' },
    { name: 'request_id', type: 'text' },
    { name: 'user_id', type: 'text' },
    { name: 'item_id', type: 'text' },
    { name: 'type', type: 'text' },
    { name: 'occurred_at', type: 'timestamp' },
    { name: 'value', type: 'number' },
  ],
  content_features: [
    { name: 'item_id', type: 'text' },
    { name: 'category', type: 'text' },
    { name: 'hashtags', type: 'text' },
    { name: 'author_id', type: 'text' },
    { name: 'published_at', type: 'timestamp' },
  ],
  user_features: [
    { name: 'user_id', type: 'text' },
    { name: 'as_of', type: 'timestamp' },
    { name: 'views', type: 'integer' },
    { name: 'clicks', type: 'integer' },
    { name: 'likes', type: 'integer' },
    { name: 'click_rate', type: 'number' },
    { name: 'history', type: 'text' },
  ],
} as const satisfies Record<string, readonly WrittenColumn[]>
export type FeedTable = keyof typeof FEED_TABLES
export const TABLE_NAMES = Object.keys(FEED_TABLES) as FeedTable[]

/** How the reader of `backtest --dataset csv|parquet --map` reads impressions. */
export const IMPRESSIONS_MAP = {
  user: 'user_id',
  item: 'item_id',
  request: 'request_id',
  time: 'shown_at',
  label: 'click',
  positive: ['1'],
  ignore: ['position', 'like', 'dwell_seconds'],
} as const
