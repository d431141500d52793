import {
  affinities,
  attributeFeature,
  itemFeatures,
  times,
  userFeatures,
  type FeatureSubject,
} from './generic-features.ts'
import { logFeed, type LogFeed } from './feeds.ts'

const TEXT = { kind: 'text', values: [] } as const
const SECONDS = { kind: 'number', mean: 30, deviation: 60 } as const

/** News in lists (MIND): what was clicked before the log began is known as read. */
export function mindFeed(): LogFeed {
  const subject: FeatureSubject = { of: ['click'], per: ['view'], past: ['read'], prior: 0.05, lists: true }
  return logFeed({
    interactionTypes: ['view', 'click', 'read'],
    attributes: { user: {}, item: { category: 'text', subcategory: 'text', word: 'texts' }, context: {} },
    features: [
      ...userFeatures(subject),
      ...itemFeatures(subject),
      ...affinities(subject, ['category', 'subcategory', 'word']),
      ...times({}),
    ],
    label: { name: 'click', positive: ['click'], shown: ['view'] },
    horizonMinutes: 10,
    graceMinutes: 0,
  })
}

/** Short videos one by one (KuaiRand). */
export function kuaiRandFeed(): LogFeed {
  const subject: FeatureSubject = { of: ['click'], per: ['view'], prior: 0.3, lists: false }
  const item = {
    durationSeconds: 'number',
    author: 'text',
    videoType: 'text',
    uploadType: 'text',
    tag: 'texts',
  } as const
  return logFeed({
    interactionTypes: ['view', 'click', 'like', 'follow', 'comment', 'forward', 'hide', 'longView'],
    attributes: { user: {}, item, context: { tab: 'text' } },
    features: [
      ...userFeatures(subject),
      ...itemFeatures(subject),
      ...affinities(subject, ['author', 'tag']),
      ...times({ timeZone: 'Asia/Shanghai' }),
      attributeFeature('item', { name: 'durationSeconds', facts: SECONDS }),
      attributeFeature('item', { name: 'videoType', facts: { ...TEXT, values: ['NORMAL', 'AD'] } }),
      attributeFeature('context', {
        name: 'tab',
        facts: { ...TEXT, values: Array.from({ length: 15 }, (_, tab) => `t${String(tab)}`) },
      }),
    ],
    label: { name: 'click', positive: ['click'], shown: ['view'] },
    horizonMinutes: 10,
    graceMinutes: 0,
  })
}
