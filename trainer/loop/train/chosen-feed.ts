import type { TriedFeed } from '../backtest/played.ts'
import type { FeedConfig } from '../feed.ts'

const SLICES_MAX = 12

/** A feed that declares no slices is looked at by its attributes of texts. */
export function withSlices(feed: TriedFeed): TriedFeed {
  const { trainer, features } = feed
  if (trainer.slices.length > 0) return feed
  const slices = (['item', 'context', 'user'] as const).flatMap((of) =>
    Object.entries(features.attributes[of])
      .filter(([, kind]) => kind === 'text')
      .map(([attribute]) => ({ of, attribute })),
  )
  return { ...feed, trainer: { ...trainer, slices: slices.slice(0, SLICES_MAX) } }
}

export const triedFeedOfConfig = ({ features, trainer, kafka }: FeedConfig): TriedFeed => ({
  ...{ name: '', features, trainer },
  partitions: kafka.partitions,
})
