import type { Example, Prediction, RankedItem, ToldPositive } from '#schemas'
import { exampleOf } from './example-of.ts'
import type { LabelRules } from './label-rules.ts'
import type { DueTimes } from './pending/due-times.ts'
import type { ToldItem, ToldOutcomes } from './pending/told-outcomes.ts'

export interface SettleParts {
  rules: LabelRules
  told: ToldOutcomes
  dues: DueTimes
}

/** A prediction, the row that it waits in, and the first row of what was told of its items. */
export interface Waiting {
  prediction: Prediction
  row: number
  chain: number
}

/** The examples of a prediction whose labels are final at this event time, best rank first. Each comes once. */
export function settle(parts: SettleParts, waiting: Waiting, streamTimeMs: number): Example[] {
  const { told, dues } = parts
  const matured = new Map<number, number>()
  told.eachShown(waiting.chain, (shownAtMs, item) => {
    const maturesAtMs = dues.maturesAtMs(waiting.row, shownAtMs)
    if (maturesAtMs === undefined || maturesAtMs > streamTimeMs) return
    matured.set(item, shownAtMs)
  })
  if (matured.size === 0) return []
  const examples: Example[] = []
  for (const ranked of waiting.prediction.ranking) {
    const item = told.find(waiting.chain, ranked.itemId)
    const shownAtMs = matured.get(item)
    if (shownAtMs === undefined || told.isSettled(item)) continue
    told.settle(item)
    const maturedAtMs = dues.maturesAtMs(waiting.row, shownAtMs)!
    const example = labelled(parts.rules, waiting.prediction, ranked, {
      ...told.read(item),
      shownAtMs,
      maturedAtMs,
    })
    if (example !== undefined) examples.push(example)
  }
  // What was told of items that were never ranked is over, too.
  for (const item of matured.keys()) told.settle(item)
  return examples
}

function labelled(
  rules: LabelRules,
  prediction: Prediction,
  ranked: RankedItem,
  item: ToldItem & { shownAtMs: number; maturedAtMs: number },
): Example | undefined {
  const { times, shownAtMs, maturedAtMs, position } = item
  return exampleOf(prediction, ranked, {
    labels: rules.labelsOf(shownAtMs, times),
    toldBy: toldBy(rules, item),
    maturedAtMs,
    position,
  })
}

function toldBy(
  rules: LabelRules,
  { bySource, shownAtMs }: ToldItem & { shownAtMs: number },
): ToldPositive[] {
  return [...bySource].sort().flatMap(([source, told]) =>
    rules
      .labelsOf(shownAtMs, told)
      .filter(({ value }) => value === 1)
      .map(({ name: label }) => ({ label, source })),
  )
}
