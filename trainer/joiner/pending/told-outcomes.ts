import type { LabelRules } from '../label-rules.ts'
import type { ToldOutcome } from '../early-outcomes.ts'
import { fingerprintOf } from './fingerprint.ts'
import { createFirstTimes, type FirstTime } from './first-times.ts'
import { createNumberTable } from './number-table.ts'

/** What came of one shown item of a prediction. */
export interface ToldItem {
  /** Outcome type -> first event time. */
  times: Map<string, number>
  /** The same, by the topic that told it. */
  bySource: Map<string, Map<string, number>>
  /** As told by the earliest showing that tells it. */
  position: number | null
}

/**
 * What came of the items of many predictions, in rows: per item the first time of each type and topic. A prediction
 * holds the first row of its chain; 0: nothing was told yet. Work is that of one prediction's items.
 */
export interface ToldOutcomes {
  /** @returns the chain's first row; undefined: this item is settled */
  attach(chain: number, outcome: ToldOutcome): number | undefined
  /** When each item that is not settled yet was first seen, event time; those that nobody saw are left out. */
  eachShown(chain: number, tell: (shownAtMs: number, item: number) => void, which?: 'settled too'): void
  /** 0: nothing was told of it. */
  find(chain: number, itemId: string): number
  isSettled(item: number): boolean
  settle(item: number): void
  read(item: number): ToldItem
  free(chain: number): void
  readonly bytes: number
}

const NOT_TOLD = -(2 ** 31)

/** @param sources topics that tell of outcomes */
export function createToldOutcomes(rules: LabelRules, sources: readonly string[]): ToldOutcomes {
  const items = createNumberTable({
    word0: 'u32',
    word1: 'u32',
    times: 'u32',
    position: 'i32',
    positionToldAtMs: 'f64',
    isSettled: 'u8',
  })
  const times = createFirstTimes(rules, sources)
  const { at } = items

  function findBy(chain: number, word0: number, word1: number): number {
    let item = chain
    while (item !== 0 && (at.word0[item] !== word0 || at.word1[item] !== word1)) item = at.next[item]!
    return item
  }

  function addItem(chain: number, word0: number, word1: number): number {
    const item = items.add()
    at.word0[item] = word0
    at.word1[item] = word1
    at.next[item] = chain
    at.position[item] = NOT_TOLD
    at.positionToldAtMs[item] = Infinity
    return item
  }

  function notePosition(item: number, { position, occurredAtMs }: ToldOutcome): void {
    if (position === null || occurredAtMs >= at.positionToldAtMs[item]!) return
    at.position[item] = position
    at.positionToldAtMs[item] = occurredAtMs
  }

  return {
    attach(chain, outcome) {
      const [word0, word1] = fingerprintOf(outcome.itemId)
      const known = findBy(chain, word0, word1)
      if (known !== 0 && at.isSettled[known] === 1) return undefined
      const item = known === 0 ? addItem(chain, word0, word1) : known
      at.times[item] = times.note(at.times[item]!, { ...outcome, atMs: outcome.occurredAtMs })
      if (rules.isShown(outcome.type)) notePosition(item, outcome)
      return known === 0 ? item : chain
    },
    eachShown(chain, tell, which) {
      for (let item = chain; item !== 0; item = at.next[item]!) {
        if (which === undefined && at.isSettled[item] === 1) continue
        const shownAtMs = times.shownAtMs(at.times[item]!)
        if (shownAtMs !== Infinity) tell(shownAtMs, item)
      }
    },
    find(chain, itemId) {
      if (chain === 0) return 0
      const [word0, word1] = fingerprintOf(itemId)
      return findBy(chain, word0, word1)
    },
    isSettled: (item) => at.isSettled[item] === 1,
    settle: (item) => void (at.isSettled[item] = 1),
    read: (item) => toldItem(times.read(at.times[item]!), at.position[item]!),
    free(chain) {
      for (let item = chain; item !== 0;) {
        const next = at.next[item]!
        times.free(at.times[item]!)
        items.free(item)
        item = next
      }
    },
    get bytes() {
      return items.count * items.rowBytes + times.bytes
    },
  }
}

function toldItem(first: readonly FirstTime[], position: number): ToldItem {
  const times = new Map<string, number>()
  const bySource = new Map<string, Map<string, number>>()
  for (const { source, type, atMs } of first) {
    times.set(type, Math.min(atMs, times.get(type) ?? Infinity))
    const own = bySource.get(source) ?? new Map<string, number>()
    bySource.set(source, own.set(type, atMs))
  }
  return { times, bySource, position: position === NOT_TOLD ? null : position }
}
