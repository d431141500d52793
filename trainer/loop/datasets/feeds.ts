import {
  affinity,
  attribute,
  contextAttribute,
  cross,
  decayedCount,
  lastOutcome,
  recency,
  recentRate,
  smoothedRate,
  windowedCount,
  type FeatureDefinition,
  type FeatureStoreConfigInput,
} from '#feature-store'
import type { z } from 'zod'
import type { trainerConfigSchema } from '../../config.ts'

/** The sections of a feed's configuration that a data set decides. */
export interface LogFeed {
  features: FeatureStoreConfigInput
  scorer: { requestAgeDaysMax: number }
  trainer: z.input<typeof trainerConfigSchema>
}

/** A log is played again years after it was written. */
const ANY_AGE = { requestAgeDaysMax: 0 }

const DAY_MINUTES = 1_440
const YEAR_MINUTES = 365 * DAY_MINUTES
/** A gap in a log is no clock gone wrong. */
const GAP_MINUTES_MAX = 10 * YEAR_MINUTES
/** Logs are thin: hours may pass between two events of a partition. */
const STALE_SECONDS_MAX = 30 * 86_400

/**
 * Trees for logs of clicks, which are thin and noisy: small, slow and held back, until the latest rows say stop. Splits are
 * sought anew when a tenth of the examples is new, leaves each time: on an invented log of news as good, for a third of the work.
 */
export const THIN_LOG_TREES = {
  use: 'gbdt',
  trees: 200,
  leaves: 15,
  learningRate: 0.05,
  rowsMin: 100,
  l2: 10,
  rowShare: 0.8,
  columnShare: 0.7,
  stopAfterTrees: 25,
  goOnBy: 'leaves',
  anewShare: 0.1,
} as const

/** A feed for a log, with the promotion and the learner that a data set starts with. */
export function logFeed(parts: {
  interactionTypes: string[]
  attributes: FeatureStoreConfigInput['attributes']
  features: FeatureDefinition[]
  label: { name: string; positive: string[]; shown: string[] }
  horizonMinutes: number
  graceMinutes: number
}): LogFeed {
  const { interactionTypes, attributes, features, label, horizonMinutes, graceMinutes } = parts
  const { name, positive, shown } = label
  return {
    features: { interactionTypes, attributes, features, limits: { staleSecondsMax: STALE_SECONDS_MAX } },
    scorer: ANY_AGE,
    trainer: {
      labels: { [name]: { positive, shown, horizonMinutes } },
      objective: name,
      learners: [THIN_LOG_TREES],
      limits: { streamJumpMinutesMax: GAP_MINUTES_MAX, graceMinutes },
    },
  }
}

/** Open Bandit (fashion, campaign men): clicks are 1 in 200, people are known by four hashed features. */
export function openBanditFeed(): LogFeed {
  const clickRate = { of: ['click'], per: ['view'], prior: 0.005 }
  const hashedText = {
    user_feature_0: 'text',
    user_feature_1: 'text',
    user_feature_2: 'text',
    user_feature_3: 'text',
  } as const
  return {
    features: {
      interactionTypes: ['view', 'click'],
      attributes: {
        user: hashedText,
        item: {
          item_feature_0: 'number',
          item_feature_1: 'text',
          item_feature_2: 'text',
          item_feature_3: 'text',
        },
        context: { slot: 'text', affinity: 'number', logged_propensity: 'number' },
      },
      features: [
        contextAttribute({ attribute: 'slot', as: { oneHot: ['p0', 'p1', 'p2'] } }),
        contextAttribute({ attribute: 'affinity', as: 'number' }),
        smoothedRate({ entity: 'user', ...clickRate, strength: 400 }),
        smoothedRate({ entity: 'item', ...clickRate, strength: 400 }),
        smoothedRate({ entity: 'item', ...clickRate, strength: 400, halfLifeMinutes: DAY_MINUTES }),
        windowedCount({ entity: 'item', of: ['click'], windowMinutes: DAY_MINUTES, bucketMinutes: 60 }),
        decayedCount({ entity: 'item', of: ['view'], halfLifeMinutes: DAY_MINUTES }),
        recency({ entity: 'user', of: ['click'] }),
        attribute({ entity: 'item', attribute: 'item_feature_0', as: 'number' }),
        attribute({ entity: 'user', attribute: 'user_feature_0', as: { hashed: 4 } }),
        cross({ ...clickRate, by: 'item_feature_1', strength: 400, halfLifeMinutes: 7 * DAY_MINUTES }),
      ],
      limits: { staleSecondsMax: STALE_SECONDS_MAX },
    },
    scorer: ANY_AGE,
    trainer: {
      // The log tells an impression and its click at one time: the horizon only has to outlast what is under way.
      labels: { click: { positive: ['click'], shown: ['view'], horizonMinutes: 60 } },
      objective: 'click',
      // Clicks are so few that a candidate is judged on a handful of them, and the bias has a long way to go.
      learner: { alpha: 1, l2: 1 },
      promotion: {
        firstCandidateExamples: 600,
        candidateEveryExamples: 2_000,
        freshExamplesMin: 400,
        freshExamplesMax: 3_000,
        freshPositivesMin: 3,
        calibrationTolerance: 2,
      },
      limits: { streamJumpMinutesMax: GAP_MINUTES_MAX },
    },
  }
}

const GENRES = [
  'Action',
  'Adventure',
  'Animation',
  'Children',
  'Comedy',
  'Crime',
  'Documentary',
  'Drama',
  'Fantasy',
  'Film-Noir',
  'Horror',
  'Musical',
  'Mystery',
  'Romance',
  'Sci-Fi',
  'Thriller',
  'War',
  'Western',
]

/** MovieLens: every rating was seen, four stars and more are liked. */
export function movieLensFeed(): LogFeed {
  const likeRate = { of: ['like'], per: ['view'], prior: 0.5 }
  return {
    features: {
      interactionTypes: ['view', 'like'],
      attributes: { user: {}, item: { genre: 'texts', genres: 'number', year: 'number' }, context: {} },
      features: [
        smoothedRate({ entity: 'user', ...likeRate, strength: 5 }),
        smoothedRate({ entity: 'item', ...likeRate, strength: 5 }),
        recentRate({ entity: 'user', ...likeRate, strength: 1, trials: 5 }),
        lastOutcome({ entity: 'user', of: ['like'], per: ['view'] }),
        affinity({ ...likeRate, by: 'genre', strength: 5 }),
        decayedCount({ entity: 'user', of: ['view'], halfLifeMinutes: DAY_MINUTES }),
        decayedCount({ entity: 'user', of: ['view'] }),
        decayedCount({ entity: 'item', of: ['view'], halfLifeMinutes: YEAR_MINUTES }),
        decayedCount({ entity: 'item', of: ['view'] }),
        recency({ entity: 'user', of: ['view'] }),
        recency({ entity: 'user', of: ['like'] }),
        attribute({ entity: 'item', attribute: 'genre', as: { oneHot: GENRES } }),
        attribute({ entity: 'item', attribute: 'genres', as: 'number', scale: { divide: 5 } }),
        attribute({ entity: 'item', attribute: 'year', as: 'number', scale: { subtract: 1990, divide: 20 } }),
      ],
      limits: { staleSecondsMax: STALE_SECONDS_MAX },
    },
    scorer: ANY_AGE,
    trainer: {
      labels: { like: { positive: ['like'], shown: ['view'], horizonMinutes: DAY_MINUTES } },
      objective: 'like',
      limits: { streamJumpMinutesMax: GAP_MINUTES_MAX },
    },
  }
}
