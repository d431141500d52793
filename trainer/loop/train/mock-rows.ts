import type { TrainingRows } from '../../learners/learner.ts'
import { TrainingError } from './errors.ts'

/** Rows that nobody was shown: made of training rows, for training alone. */
export interface MockRows {
  featureSetId: string
  /** Names of the columns, in their order. */
  featureNames: readonly string[]
  /** With flags and propensities; weights are given where they join the real rows. */
  rows: TrainingRows &
    Required<Pick<TrainingRows, 'occurredAtMs' | 'itemIds' | 'userIds' | 'flags' | 'propensities'>>
  /** Of each, the slice that it was made for. */
  slices: readonly string[]
}

/**
 * Real rows and mock rows in the order of time; among equal times the real ones first. A mock row weighs what a row of its
 * user weighs, 1 where the user has none.
 */
export function withMockRows(real: TrainingRows, { rows: mock }: MockRows): TrainingRows {
  const { width } = real
  const count = real.count + mock.count
  const timeOf = (at: number) =>
    at < real.count ? real.occurredAtMs![at]! : mock.occurredAtMs[at - real.count]!
  const order = Int32Array.from({ length: count }, (_, at) => at).sort(
    (one, other) => timeOf(one) - timeOf(other) || one - other,
  )
  const joined = <T>(realOf: (row: number) => T, mockOf: (row: number) => T) =>
    Array.from(order, (at) => (at < real.count ? realOf(at) : mockOf(at - real.count)))
  function blocks<T extends Float32Array | Uint8Array>(from: T, further: T, into: T): T {
    for (const [place, at] of order.entries()) {
      const [source, row] = at < real.count ? [from, at] : [further, at - real.count]
      into.set(source.subarray(row * width, (row + 1) * width), place * width)
    }
    return into
  }
  const weightOf = new Map(real.userIds!.map((user, row) => [user, real.weights?.[row] ?? 1]))
  return {
    count,
    width,
    vectors: blocks(real.vectors, mock.vectors, new Float32Array(count * width)),
    flags: blocks(real.flags!, mock.flags, new Uint8Array(count * width)),
    labels: Uint8Array.from(
      joined(
        (row) => real.labels[row]!,
        (row) => mock.labels[row]!,
      ),
    ),
    propensities: Float32Array.from(
      joined(
        (row) => real.propensities![row]!,
        (row) => mock.propensities[row]!,
      ),
    ),
    occurredAtMs: Float64Array.from(order, timeOf),
    itemIds: joined(
      (row) => real.itemIds![row]!,
      (row) => mock.itemIds[row]!,
    ),
    userIds: joined(
      (row) => real.userIds![row]!,
      (row) => mock.userIds[row]!,
    ),
    ...(real.weights === undefined
      ? {}
      : {
          weights: Float32Array.from(
            joined(
              (row) => real.weights![row]!,
              (row) => weightOf.get(mock.userIds[row]!) ?? 1,
            ),
          ),
        }),
  }
}

/**
 * Mock rows join a training when they have its features and are older than what it is tuned and judged on.
 *
 * @throws TrainingError naming what does not fit
 */
export function checkMockRows(
  { featureSetId, rows }: MockRows,
  fits: { featureSetId: string; validationFromMs: number },
): void {
  const refuse = (why: string) => {
    throw new TrainingError('train_mock_unfit', why)
  }
  if (featureSetId !== fits.featureSetId)
    refuse(
      `The mock rows were made for the features ${featureSetId}, this training has ${fits.featureSetId}: make them again with feedloop dataset augment on the same data and configuration.`,
    )
  const late = rows.occurredAtMs.filter((atMs) => atMs >= fits.validationFromMs).length
  if (late > 0)
    refuse(
      `${String(late)} mock rows are of a time that this training is tuned or judged on (from ${new Date(fits.validationFromMs).toISOString()} on): mock rows are for the training part alone. Give the same --validation-share and --test-share as when they were made.`,
    )
}
