import type { CollectedRows } from './collected-rows.ts'
import { TrainingError } from './errors.ts'

/** The rows in three stretches of time: learned from, tuned on, judged on. */
export interface Parts {
  train: Int32Array
  validation: Int32Array
  test: Int32Array
  /** Event time at which the second and the third begin. */
  validationFromMs: number
  testFromMs: number
  /** Rows of a part whose label was known only after the next one had begun: left out, for who trains then cannot know it. */
  notKnownInTime: number
}

export interface PartShares {
  validation: number
  test: number
}

type Timed = Pick<CollectedRows, 'count' | 'labels' | 'occurredAtMs' | 'maturedAtMs'>

/**
 * Cuts by time, between two moments, never within a request.
 *
 * @throws TrainingError when all labels are alike, or a part has one class only
 */
export function partsByTime(rows: Timed, { validation, test }: PartShares, label: string): Parts {
  const { count, labels, occurredAtMs, maturedAtMs } = rows
  if (count === 0) {
    throw new TrainingError(
      'train_log_empty',
      'No item of the data counts as shown with a known outcome: check `shown` of the label, and the label column of the map.',
    )
  }
  const positives = labels.reduce((sum, one) => sum + one, 0)
  if (positives === 0 || positives === count) {
    const which = positives === 0 ? 'negative' : 'positive'
    throw new TrainingError(
      'train_labels_alike',
      `The label ${label} has one class only: all ${String(count)} rows are ${which}. Check the label column and "positive" in the map, and whether rows without success were left out when the data was written.`,
    )
  }
  const testFromMs = cutAt(rows, 1 - test)
  const validationFromMs = cutAt(rows, 1 - test - validation)
  const stretches: [number[], number[], number[]] = [[], [], []]
  let notKnownInTime = 0
  for (let row = 0; row < count; row++) {
    const atMs = occurredAtMs[row]!
    const part = atMs < validationFromMs ? 0 : atMs < testFromMs ? 1 : 2
    const nextFromMs = [validationFromMs, testFromMs, Infinity][part]!
    if (part < 2 && maturedAtMs[row]! > nextFromMs) notKnownInTime += 1
    else stretches[part]!.push(row)
  }
  const [first, second, third] = stretches.map((part) => Int32Array.from(part)) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ]
  checkPart(labels, first, 'training')
  checkPart(labels, second, 'validation')
  checkPart(labels, third, 'test')
  return { train: first, validation: second, test: third, validationFromMs, testFromMs, notKnownInTime }
}

/** The first moment at or after so much of the rows. */
function cutAt({ count, occurredAtMs }: Timed, share: number): number {
  const place = Math.min(count - 1, Math.max(1, Math.round(count * share)))
  return occurredAtMs[place]!
}

function checkPart(labels: Uint8Array, part: Int32Array, name: string): void {
  const positives = part.reduce((sum, row) => sum + labels[row]!, 0)
  if (positives > 0 && positives < part.length) return
  const what =
    part.length === 0
      ? 'has no rows'
      : `has ${String(part.length)} rows that are all ${positives === 0 ? 'negative' : 'positive'}`
  throw new TrainingError(
    'train_part_empty',
    `The ${name} part ${what}: nothing can be said from it. Give more data, or other shares (--validation-share, --test-share).`,
  )
}
