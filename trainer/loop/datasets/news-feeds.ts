import { logFeed, type LogFeed } from './feeds.ts'

/** News in lists (MIND): what was clicked before the log began is known as read. */
export function mindFeed(): LogFeed {
  return logFeed({
    interactionTypes: ['view', 'click', 'read'],
    known: {
      of: ['click'],
      per: ['view'],
      past: ['read'],
      attributes: {
        item: { category: { kind: 'text' }, subcategory: { kind: 'text' }, word: { kind: 'texts' } },
      },
    },
    label: 'click',
    horizonMinutes: 10,
    graceMinutes: 0,
  })
}

/** Short videos one by one (KuaiRand). */
export function kuaiRandFeed(): LogFeed {
  return logFeed({
    interactionTypes: ['view', 'click', 'like', 'follow', 'comment', 'forward', 'hide', 'longView'],
    known: {
      of: ['click'],
      per: ['view'],
      value: { of: 'view', mean: 10, deviation: 20 },
      items: 'alone',
      timeZone: 'Asia/Shanghai',
      attributes: {
        item: {
          durationSeconds: { kind: 'number', mean: 30, deviation: 60 },
          author: { kind: 'text' },
          videoType: { kind: 'text', values: ['NORMAL', 'AD'] },
          uploadType: { kind: 'text' },
          tag: { kind: 'texts' },
        },
        context: {
          tab: { kind: 'text', values: Array.from({ length: 15 }, (_, tab) => `t${String(tab)}`) },
        },
      },
    },
    label: 'click',
    horizonMinutes: 10,
    graceMinutes: 0,
  })
}
