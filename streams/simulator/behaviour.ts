import type { SimulatorConfig } from './config.ts'
import type { Person } from './people.ts'
import { createRandom, type Random } from './random.ts'
import type { LiveItem } from './shelf.ts'

/** The laws of the world at a moment. A concept drift turns them. */
export interface Laws {
  /** Times tastes have turned: each flips what price means and moves every taste to other categories. */
  turns: number
}

/** A click (or like, or hide) that will be told `afterMs` after the item was shown. */
export interface Reaction {
  type: 'click' | 'like' | 'hide'
  afterMs: number
}

export interface Reactions {
  /** True probability that this item, at this rank, is clicked. */
  clickProbability: number
  clicked: boolean
  reactions: Reaction[]
}

export interface Behaviour {
  /** What everybody thinks of each category, log-odds. */
  readonly categoryAppeals: readonly number[]
  /** Probability of a click, given that the item is looked at. */
  appeal(person: Person, item: LiveItem, atMs: number, laws: Laws): number
  /** What becomes of one shown item. Draws from `chance` alone. */
  react(person: Person, item: LiveItem, position: number, atMs: number, laws: Laws, chance: Random): Reactions
}

const DAY_MS = 86_400_000
const DELAY_SPREAD = 0.7

/** Probability that rank `position` (0-based) is looked at: the position-based model of Richardson et al. 2007. */
export function examinationAt(position: number, exponent: number): number {
  return (position + 1) ** -exponent
}

/** -1..1 over a day, highest in the evening (20:00 UTC of the feed's clock), lowest in the morning. */
export function rhythmAt(atMs: number): number {
  return Math.cos(2 * Math.PI * (atMs / DAY_MS - 20 / 24))
}

/**
 * Why people click: log-odds of category appeal for all, own taste, price and quality, times the probability
 * that the rank is looked at. Nothing here depends on the order in which answers arrive.
 */
export function createBehaviour(seed: string, config: SimulatorConfig): Behaviour {
  const appeals = categoryAppeals(seed, config)
  const half = Math.floor(config.categories / 2)

  function tasteIndex(category: number, turns: number): number {
    if (category >= config.categories) return category // the flood's category has no other to turn into
    return (category + turns * half) % config.categories
  }

  function appeal(person: Person, item: LiveItem, atMs: number, { turns }: Laws): number {
    const category = tasteIndex(item.category, turns)
    const priceSign = turns % 2 === 0 ? -1 : 1
    const logit =
      config.baseLogit +
      (appeals[category] ?? 0) +
      (person.tastes[category] ?? 0) +
      priceSign * config.priceWeight * person.thrift * (2 * item.price - 1) +
      item.quality +
      config.mood * rhythmAt(atMs)
    return 1 / (1 + Math.exp(-logit))
  }

  function react(
    person: Person,
    item: LiveItem,
    position: number,
    atMs: number,
    laws: Laws,
    chance: Random,
  ): Reactions {
    const clickProbability =
      examinationAt(position, config.positionExponent) * appeal(person, item, atMs, laws)
    const clicked = chance.chance(clickProbability)
    if (!clicked) {
      const hides = chance.chance(config.hideShare)
      const afterMs = delay(chance, config.clickSecondsMedian * 1_000)
      return { clickProbability, clicked, reactions: hides ? [{ type: 'hide', afterMs }] : [] }
    }
    const clickAfterMs = delay(chance, config.clickSecondsMedian * 1_000)
    const reactions: Reaction[] = [{ type: 'click', afterMs: clickAfterMs }]
    if (chance.chance(config.likeShare)) {
      reactions.push({
        type: 'like',
        afterMs: clickAfterMs + delay(chance, config.likeMinutesMedian * 60_000),
      })
    }
    return { clickProbability, clicked, reactions }
  }
  return { categoryAppeals: appeals, appeal, react }
}

function delay(chance: Random, medianMs: number): number {
  return Math.ceil(chance.logNormal(medianMs, DELAY_SPREAD))
}

/** Evenly spread with the configured standard deviation; a half turn makes liked categories of disliked ones. */
function categoryAppeals(seed: string, config: SimulatorConfig): number[] {
  const random = createRandom(`${seed}/appeals`)
  const half = Math.floor(config.categories / 2)
  const levels = Array.from({ length: config.categories }, (_, index) => {
    const level = ((index % half) + 0.5) / half
    return Math.sqrt(3) * config.appealSpread * (index < half ? level : -level)
  })
  const shift = random.int(config.categories)
  return levels.map((_, index) => levels[(index + shift) % levels.length]!)
}
