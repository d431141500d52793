import type { RecordOf } from '#schemas'

export type FeedTopic = 'users' | 'items' | 'requests' | 'interactions'

/** Something the feed publishes. `record.occurredAtMs` is when it happened; a lag may tell it later. */
export type EmissionOf<K extends FeedTopic> = { [T in K]: { topic: T; key: string; record: RecordOf[T] } }[K]
export type Emission = EmissionOf<FeedTopic>
