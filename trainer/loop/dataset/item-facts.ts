import { createRandom, type SimulatorConfig } from '#streams'

export interface ItemFacts {
  category: string
  /** Joined by |. */
  hashtags: string
  authorId: string
}

export type FactsOf = (item: { category: number; quality: number }) => ItemFacts

const ITEMS_PER_AUTHOR = 8
const TAGS_PER_CATEGORY = 6
/** From poor to good: what tells a little of an item's quality. */
const QUALITY_TAGS = ['repost', 'filler', 'daily', 'howto', 'insight', 'mustsee'] as const
/** How far an author's items differ in quality, in standard deviations of all items. */
const AUTHOR_SPREAD = 0.7

/**
 * What a feed knows of an item: its category, an author whose items are of like quality, hashtags of the category and one
 * that tells a little of the quality. The quality itself is in no column.
 */
export function createItemFacts(
  seed: string,
  { itemsMax = 0, qualitySpread }: Pick<SimulatorConfig, 'itemsMax' | 'qualitySpread'>,
): FactsOf {
  const random = createRandom(`${seed}/item-facts`)
  const authors = Math.max(2, Math.round(itemsMax / ITEMS_PER_AUTHOR))
  const level = (quality: number) => quality / qualitySpread + AUTHOR_SPREAD * random.normal()

  return function factsOf({ category, quality }) {
    const author = Math.floor(authors * standing(level(quality)))
    const topics = new Set(Array.from({ length: 1 + random.int(3) }, () => random.int(TAGS_PER_CATEGORY)))
    const tag = QUALITY_TAGS[Math.floor(QUALITY_TAGS.length * standing(level(quality)))]!
    const hashtags = [...topics].sort().map((topic) => `c${String(category)}t${String(topic)}`)
    return {
      category: `c${String(category)}`,
      hashtags: [...hashtags, tag].join('|'),
      authorId: `a${String(author)}`,
    }
  }
}

/** The share of a normal distribution (a little wider than the standard one) below: 0 up to but not 1. */
function standing(level: number): number {
  return Math.min(0.999_999, 1 / (1 + Math.exp(-1.4 * level)))
}
