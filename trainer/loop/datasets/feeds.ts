import { genericFeatures, type FeatureStoreConfigInput, type GenericFeaturesOptions } from '#feature-store'
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

/** Splits are sought anew when a tenth of the examples is new, leaves each time: as good on logs of clicks, for a third of the work. */
const LOG_TREES = { use: 'gbdt', goOnBy: 'leaves', anewShare: 0.1 } as const

/** A feed for a log: the generic features of what is known, with the promotion and the learner that a data set starts with. */
export function logFeed(parts: {
  interactionTypes: string[]
  known: GenericFeaturesOptions
  /** Attributes that come with the log and that no feature is made of. */
  further?: FeatureStoreConfigInput['attributes']
  label: string
  horizonMinutes: number
  graceMinutes?: number
}): LogFeed {
  const { interactionTypes, known, further = {}, label, horizonMinutes, graceMinutes } = parts
  const { of, per, attributes = {} } = known
  const kinds = (from: 'user' | 'item' | 'context') => ({
    ...Object.fromEntries(Object.entries(attributes[from] ?? {}).map(([name, { kind }]) => [name, kind])),
    ...further[from],
  })
  return {
    features: {
      interactionTypes,
      attributes: { user: kinds('user'), item: kinds('item'), context: kinds('context') },
      features: genericFeatures(known),
      limits: { staleSecondsMax: STALE_SECONDS_MAX },
    },
    scorer: ANY_AGE,
    trainer: {
      labels: { [label]: { positive: [...of], shown: [...per], horizonMinutes } },
      objective: label,
      learners: [LOG_TREES],
      // As a backtest has it: all that is known.
      window: { kind: 'all' },
      limits: {
        streamJumpMinutesMax: GAP_MINUTES_MAX,
        ...(graceMinutes === undefined ? {} : { graceMinutes }),
      },
    },
  }
}

/** Open Bandit (fashion, three campaigns): clicks are 1 in 200, people are known by four hashed features. */
export function openBanditFeed(): LogFeed {
  const text = { kind: 'text' } as const
  const feed = logFeed({
    interactionTypes: ['view', 'click'],
    known: {
      of: ['click'],
      per: ['view'],
      items: 'alone',
      attributes: {
        user: { user_feature_0: text, user_feature_1: text, user_feature_2: text, user_feature_3: text },
        item: {
          item_feature_0: { kind: 'number', mean: 0, deviation: 1 },
          item_feature_1: text,
          item_feature_2: text,
          item_feature_3: text,
        },
        context: {
          slot: { kind: 'text', values: ['p0', 'p1', 'p2'] },
          affinity: { kind: 'number', mean: 0, deviation: 1 },
        },
      },
    },
    further: { context: { logged_propensity: 'number' } },
    label: 'click',
    // The log tells an impression and its click at one time: the horizon only has to outlast what is under way.
    horizonMinutes: 60,
  })
  return {
    ...feed,
    trainer: {
      ...feed.trainer,
      // Clicks are so few that a candidate is judged on a handful of them.
      promotion: {
        firstCandidateExamples: 600,
        candidateEveryExamples: 2_000,
        freshExamplesMin: 400,
        freshExamplesMax: 3_000,
        freshPositivesMin: 3,
        calibrationTolerance: 2,
      },
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
  return logFeed({
    interactionTypes: ['view', 'like'],
    known: {
      of: ['like'],
      per: ['view'],
      value: { of: 'view', mean: 3.5, deviation: 1 },
      items: 'alone',
      attributes: {
        item: {
          genre: { kind: 'texts', values: GENRES },
          genres: { kind: 'number', mean: 2, deviation: 1 },
          year: { kind: 'number', mean: 1990, deviation: 20 },
        },
      },
    },
    label: 'like',
    horizonMinutes: DAY_MINUTES,
  })
}
