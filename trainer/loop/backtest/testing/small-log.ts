import {
  featureStoreConfigSchema,
  smoothedRate,
  windowedCount,
  attribute,
  cross,
  recency,
  contextAttribute,
} from '#feature-store'
import type { Interaction } from '#schemas'
import { createRandom } from '#streams'
import { trainerConfigSchema } from '../../../config.ts'
import { type FeedLog, type LogEntry } from '../../datasets/index.ts'
import { number, text } from '../../datasets/feed-log.ts'
import type { TriedFeed } from '../played.ts'

/** 1 March 2024, midnight UTC. */
export const SMALL_LOG_START_MS = Date.UTC(2024, 2, 1)
const HOUR_MS = 3_600_000

export interface SmallLogOptions {
  seed?: string
  requests?: number
  hours?: number
  /** What becomes of the outcome that chance made. */
  outcome?(made: { atMs: number; clicked: boolean }): boolean
}

/**
 * A small feed: half of the items are liked by half of the users, the other half by nobody much. Five items a request, a click
 * up to a minute after the showing. The same seed gives the same log.
 */
export function smallLog(options: SmallLogOptions = {}): FeedLog {
  const { seed = '1', requests = 300, hours = 72, outcome = ({ clicked }) => clicked } = options
  const items = Array.from({ length: 40 }, (_, n) => `i${String(n)}`)
  const likesSport = (user: number) => user % 2 === 0
  const isSport = (item: string) => Number(item.slice(1)) % 2 === 0

  function* entries(): Generator<LogEntry> {
    for (const [n, itemId] of items.entries()) {
      const attributes = [text('category', isSport(itemId) ? 'sport' : 'news'), number('length', n)]
      yield {
        kind: 'item',
        atMs: SMALL_LOG_START_MS,
        item: { itemId, occurredAtMs: SMALL_LOG_START_MS, attributes },
      }
    }
    const random = createRandom(`${seed}/small-log`)
    for (let n = 0; n < requests; n++) {
      const atMs = SMALL_LOG_START_MS + Math.floor((n * hours * HOUR_MS) / requests)
      const user = random.int(30)
      const userId = `u${String(user)}`
      const requestId = `r${String(n)}`
      const first = random.int(items.length)
      const candidates = Array.from({ length: 5 }, (_, k) => items[(first + 7 * k) % items.length]!)
      const outcomes: Interaction[] = []
      for (const [position, itemId] of candidates.entries()) {
        const told = (type: string, occurredAtMs: number) =>
          outcomes.push({
            interactionId: `${requestId}.${itemId}.${type}`,
            ...{ userId, itemId, type, occurredAtMs, requestId, position },
            value: null,
          })
        told('view', atMs)
        const clicked = random.chance(isSport(itemId) && likesSport(user) ? 0.5 : 0.05)
        const afterMs = random.int(60_000)
        if (outcome({ atMs, clicked })) told('click', atMs + afterMs)
      }
      const request = {
        requestId,
        userId,
        occurredAtMs: atMs,
        candidates,
        context: [text('page', `p${String(n % 3)}`)],
      }
      yield { kind: 'impression', atMs, request, outcomes }
    }
  }
  return {
    name: 'small',
    impressions: requests,
    async *entries() {
      yield* entries()
    },
  }
}

/** A feed for it. */
export function smallFeed(trainer: object = {}): TriedFeed {
  const clicks = { of: ['click'], per: ['view'], strength: 10 }
  return {
    name: '',
    features: featureStoreConfigSchema.parse({
      interactionTypes: ['view', 'click'],
      attributes: { user: {}, item: { category: 'text', length: 'number' }, context: { page: 'text' } },
      features: [
        smoothedRate({ entity: 'user', ...clicks, prior: 0.2 }),
        smoothedRate({ entity: 'item', ...clicks, halfLifeMinutes: 600 }),
        windowedCount({ entity: 'item', of: ['click'], windowMinutes: 60, bucketMinutes: 10 }),
        recency({ entity: 'user', of: ['click'] }),
        cross({ ...clicks, by: 'category', halfLifeMinutes: 600 }),
        attribute({ entity: 'item', attribute: 'category', as: { oneHot: ['sport', 'news'] } }),
        contextAttribute({ attribute: 'page', as: { oneHot: ['p0', 'p1'] } }),
      ],
    }),
    trainer: trainerConfigSchema.parse({
      learners: [{ use: 'ftrl' }],
      labels: { click: { positive: ['click'], shown: ['view'], horizonMinutes: 10 } },
      promotion: {
        freshExamplesMin: 100,
        freshExamplesMax: 300,
        freshPositivesMin: 10,
      },
      ...trainer,
    }),
  }
}
