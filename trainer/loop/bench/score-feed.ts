import {
  compileFeatureSet,
  featureStoreConfigSchema,
  genericFeatures,
  type FeatureStoreConfig,
} from '#feature-store'
import type { Interaction, Item, RankRequest } from '#schemas'
import { createRandom, type Random } from '#streams'

/** What is asked of a scorer here: so many candidates, each with so many columns, by so many trees. */
export const CANDIDATES = 100
export const COLUMNS = 60
export const TREES = 150
const USERS = 2_000
const ITEMS = 5_000
const CATEGORIES = ['arts', 'food', 'life', 'money', 'news', 'science', 'sport', 'travel']
const TAGS = 40
const DAY_MS = 86_400_000

/** The generic set, in its order, as far as it has 60 columns. */
export function scoreFeatures(): FeatureStoreConfig {
  const all = genericFeatures({
    of: ['click'],
    per: ['view'],
    attributes: {
      item: {
        category: { kind: 'text', values: CATEGORIES },
        tags: { kind: 'texts' },
        minutes: { kind: 'number', mean: 5, deviation: 3 },
      },
      context: { device: { kind: 'text', values: ['phone', 'desk'] } },
    },
  })
  const attributes = {
    item: { category: 'text' as const, tags: 'texts' as const, minutes: 'number' as const },
    context: { device: 'text' as const },
  }
  const configOf = (features: typeof all) =>
    featureStoreConfigSchema.parse({ interactionTypes: ['view', 'click'], attributes, features })
  const chosen: typeof all = []
  for (const feature of all)
    if (compileFeatureSet(configOf([...chosen, feature])).width <= COLUMNS) chosen.push(feature)
  return configOf(chosen)
}

const userId = (n: number) => `user-${String(n)}`
const itemId = (n: number) => `item-${String(n)}`

/** Every item with what it is about. */
export function* scoreItems(atMs: number): Generator<Item> {
  const random = createRandom('score-items')
  for (let n = 0; n < ITEMS; n++) {
    const text = (name: string, value: string) => ({ name, text: value, number: null })
    const tags = Array.from({ length: 3 }, () => text('tags', `tag-${String(random.int(TAGS))}`))
    const minutes = { name: 'minutes', text: null, number: 1 + random.int(12) }
    const attributes = [text('category', CATEGORIES[n % CATEGORIES.length]!), ...tags, minutes]
    yield { itemId: itemId(n), attributes, occurredAtMs: atMs - Math.floor(random.next() * 30 * DAY_MS) }
  }
}

/** Views and clicks of the last day, some users and items more than others. */
export function* scoreInteractions(count: number, untilMs: number): Generator<Interaction> {
  const random = createRandom('score-interactions')
  const drawn = (many: number) => Math.floor(random.next() ** 2 * many)
  for (let n = 0; n < count; n++)
    yield {
      interactionId: `score-${String(n)}`,
      userId: userId(drawn(USERS)),
      itemId: itemId(drawn(ITEMS)),
      type: random.next() < 0.15 ? 'click' : 'view',
      ...{ requestId: null, position: null, value: null },
      occurredAtMs: untilMs - Math.floor((1 - n / count) * DAY_MS),
    }
}

/** Requests without end, each of another user, of whom half are seldom there. */
export function* scoreRequests(seed: string): Generator<Omit<RankRequest, 'occurredAtMs'>> {
  const random = createRandom(seed)
  for (let n = 0; ; n++)
    yield {
      requestId: `${seed}-${String(n)}`,
      userId: userId(random.int(USERS)),
      candidates: distinctItems(random),
      context: [{ name: 'device', text: random.next() < 0.7 ? 'phone' : 'desk', number: null }],
    }
}

function distinctItems(random: Random): string[] {
  const items = new Set<string>()
  while (items.size < CANDIDATES) items.add(itemId(Math.floor(random.next() ** 2 * ITEMS)))
  return [...items]
}

/** Labels that follow from the vectors, some of them by chance: what trees can learn. @param vectors rows x width */
export function plantedLabels(vectors: Float32Array, width: number): Uint8Array {
  const random = createRandom('score-labels')
  const weights = Array.from({ length: width }, () => random.normal() / 4)
  return Uint8Array.from({ length: vectors.length / width }, (_, row) => {
    const logit = weights.reduce((sum, weight, column) => {
      const value = vectors[row * width + column]!
      return sum + (Number.isNaN(value) ? 0 : weight * Math.tanh(value))
    }, -1)
    return Number(random.chance(1 / (1 + Math.exp(-logit))))
  })
}
