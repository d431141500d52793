import type { Example, Prediction, ToldPositive } from '#schemas'
import type { ToldOutcome } from '../early-outcomes.ts'
import { exampleOf } from '../example-of.ts'
import type { JoinTimes } from '../join-times.ts'

/** A prediction, what came of it so far, and how far its items are settled. */
export interface PendingPrediction {
  /** Smallest offset per source of the records it was made of. */
  offsets: Map<string, number>
  readonly prediction: Prediction
  /** @returns false: this item's labels are final already */
  attach(outcome: ToldOutcome): boolean
  /** Event time at which `settle` has something to do. */
  readonly dueMs: number
  /** Takes out the examples whose labels are final at this event time, best rank first. */
  settle(streamTimeMs: number): Settled
}

export interface Settled {
  examples: Example[]
  /** Nothing can come of it any more. */
  isOver: boolean
  /** When it is over: items that were shown later than the bound, and whether any was shown in time. */
  shownLate: number
  wasShown: boolean
}

interface PendingItem {
  /** Outcome type -> first event time. */
  times: Map<string, number>
  /** The same, by the topic that told it. */
  bySource: Map<string, Map<string, number>>
  /** As told by the earliest showing that tells it. */
  position: number | null
  positionToldAtMs: number
  isSettled: boolean
}

/**
 * An item matures at its showing + the longest horizon + grace. The prediction waits for what has not been told yet as
 * long as labels can be open of what was shown at once, and until nothing more can be shown.
 */
export function createPendingPrediction(prediction: Prediction, times: JoinTimes): PendingPrediction {
  const { rules, shownWithinMs, graceMs } = times
  const waitMs = rules.horizonMs + graceMs
  const shownUntilMs = prediction.occurredAtMs + shownWithinMs
  const waitsUntilMs = prediction.occurredAtMs + Math.max(shownWithinMs, rules.horizonMs) + graceMs
  const items = new Map<string, PendingItem>()
  let dueMs = waitsUntilMs

  const shownInTimeMs = ({ times: first }: PendingItem) => {
    const shownAtMs = rules.shownAtMs(first)
    return shownAtMs !== undefined && shownAtMs <= shownUntilMs ? shownAtMs : undefined
  }

  function nextDueMs(): number {
    let nextMs = Infinity
    for (const item of items.values()) {
      const shownAtMs = item.isSettled ? undefined : shownInTimeMs(item)
      if (shownAtMs !== undefined) nextMs = Math.min(nextMs, shownAtMs + waitMs)
    }
    return nextMs === Infinity ? waitsUntilMs : nextMs
  }

  function matured(streamTimeMs: number): Example[] {
    const examples: Example[] = []
    for (const ranked of prediction.ranking) {
      const item = items.get(ranked.itemId)
      if (item === undefined || item.isSettled) continue
      const shownAtMs = shownInTimeMs(item)
      if (shownAtMs === undefined || shownAtMs + waitMs > streamTimeMs) continue
      item.isSettled = true
      const example = exampleOf(prediction, ranked, {
        labels: rules.labelsOf(shownAtMs, item.times),
        toldBy: toldBy(item, shownAtMs),
        maturedAtMs: shownAtMs + waitMs,
        position: item.position,
      })
      if (example !== undefined) examples.push(example)
    }
    for (const item of items.values()) {
      const shownAtMs = shownInTimeMs(item)
      if (shownAtMs !== undefined && shownAtMs + waitMs <= streamTimeMs) item.isSettled = true
    }
    return examples
  }

  function toldBy({ bySource }: PendingItem, shownAtMs: number): ToldPositive[] {
    return [...bySource].sort().flatMap(([source, told]) =>
      rules
        .labelsOf(shownAtMs, told)
        .filter(({ value }) => value === 1)
        .map(({ name: label }) => ({ label, source })),
    )
  }

  return {
    prediction,
    offsets: new Map(),
    attach(outcome) {
      const { itemId, type, occurredAtMs, source } = outcome
      const item = items.get(itemId) ?? createItem()
      if (item.isSettled) return false
      items.set(itemId, item)
      noteFirst(item.times, type, occurredAtMs)
      const told = item.bySource.get(source) ?? new Map<string, number>()
      item.bySource.set(source, told)
      noteFirst(told, type, occurredAtMs)
      if (rules.isShown(type)) notePosition(item, outcome)
      dueMs = nextDueMs()
      return true
    },
    get dueMs() {
      return dueMs
    },
    settle(streamTimeMs) {
      const examples = matured(streamTimeMs)
      dueMs = nextDueMs()
      const isOver = dueMs <= streamTimeMs
      const shown = [...items.values()].filter(({ times: first }) => rules.shownAtMs(first) !== undefined)
      const inTime = shown.filter((item) => shownInTimeMs(item) !== undefined).length
      return { examples, isOver, shownLate: isOver ? shown.length - inTime : 0, wasShown: inTime > 0 }
    },
  }
}

function createItem(): PendingItem {
  return {
    times: new Map(),
    bySource: new Map(),
    position: null,
    positionToldAtMs: Infinity,
    isSettled: false,
  }
}

function notePosition(item: PendingItem, { position, occurredAtMs }: ToldOutcome): void {
  if (position === null || occurredAtMs >= item.positionToldAtMs) return
  item.position = position
  item.positionToldAtMs = occurredAtMs
}

function noteFirst(times: Map<string, number>, type: string, occurredAtMs: number): void {
  times.set(type, Math.min(occurredAtMs, times.get(type) ?? Infinity))
}
