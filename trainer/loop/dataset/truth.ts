import type { SimulatorConfig } from '#streams'
import { LABEL_HORIZON_HOURS, type Synthesis } from './synthesis.ts'

/** What the feed was made by: what a model may find, and how good it can be at best. */
export interface Truth {
  made: Synthesis
  label: { name: 'click'; horizonHours: number; shown: number; clicks: number; rate: number; likes: number }
  /** Normalized entropy of a forecaster who knows every click's true probability, on these impressions. */
  bestReachableNormalizedEntropy: number
  clickProbability: string
  positionBias: { formula: string; exponent: number; examination: number[] }
  baseLogit: number
  dailyMood: number
  categoryAppeal: Record<string, number>
  delays: { clickSecondsMedian: number; likeMinutesMedian: number; likeShareOfClicks: number }
  withoutInfluence: string[]
  /** Hidden: what no column tells. */
  itemQuality: Record<string, number>
  /** Log-odds by category, of the first people. */
  userTastes: Record<string, number[]>
}

export interface TruthParts {
  config: SimulatorConfig
  hidden: {
    people: readonly { userId: string; tastes: readonly number[] }[]
    categoryAppeals: readonly number[]
  }
  items: readonly { itemId: string; quality: number }[]
  bestReachable: number
  shown: number
  clicks: number
  likes: number
}

const TASTES_TOLD_MAX = 10_000
const rounded = (value: number) => Math.round(value * 1e4) / 1e4

export function truthOf(made: Synthesis, parts: TruthParts): Truth {
  const { config, hidden, items, bestReachable, shown, clicks, likes } = parts
  const { positionExponent: exponent } = config
  return {
    made,
    label: {
      ...{ name: 'click', horizonHours: LABEL_HORIZON_HOURS, shown, clicks },
      ...{ rate: rounded(clicks / Math.max(1, shown)), likes },
    },
    bestReachableNormalizedEntropy: rounded(bestReachable),
    clickProbability:
      'examination[position] / (1 + exp(-(baseLogit + categoryAppeal[category] + userTastes[user][category] + itemQuality[item] + dailyMood * cos(2 pi (day share - 20/24)))))',
    positionBias: {
      formula: '(position + 1) ^ -exponent',
      exponent,
      examination: Array.from({ length: config.shown }, (_, position) =>
        rounded((position + 1) ** -exponent),
      ),
    },
    baseLogit: config.baseLogit,
    dailyMood: config.mood,
    categoryAppeal: Object.fromEntries(
      hidden.categoryAppeals.map((value, category) => [`c${String(category)}`, rounded(value)]),
    ),
    delays: {
      clickSecondsMedian: config.clickSecondsMedian,
      likeMinutesMedian: config.likeMinutesMedian,
      likeShareOfClicks: config.likeShare,
    },
    withoutInfluence: ['device', 'dwell_seconds (comes after the click)'],
    itemQuality: Object.fromEntries(items.map(({ itemId, quality }) => [itemId, rounded(quality)])),
    userTastes: Object.fromEntries(
      hidden.people
        .slice(0, TASTES_TOLD_MAX)
        .map(({ userId, tastes }) => [userId, tastes.slice(0, config.categories).map(rounded)]),
    ),
  }
}
