import type { DriftEvent } from '#schemas'
import { type SkewReading, STATE_WENT_BACK } from './skew-tally.ts'

/** What the trainer and `drift report` know these records by. */
export const SKEW_MONITOR = 'skew'

const FEATURES_NAMED = 5

/** The record of the drift topic, in words for whoever has to find out why. */
export function skewEventOf(
  reading: SkewReading,
  { before, windowSeconds, nowMs }: { before: number; windowSeconds: number; nowMs: number },
): DriftEvent {
  const { share, checked, example } = reading
  return {
    monitor: SKEW_MONITOR,
    kind: share > 0 ? 'skew' : 'none',
    cause: causeOf(reading, windowSeconds),
    detector: 'recompute',
    before,
    after: share,
    examples: checked,
    modelId: example?.modelId ?? '',
    occurredAtMs: example?.occurredAtMs ?? nowMs,
    detectedAtMs: nowMs,
  }
}

function causeOf({ share, checked, differing, byFeature, example }: SkewReading, seconds: number): string {
  const period = `the last ${String(seconds)} s`
  if (share === 0)
    return `Served vectors are again what the log gives: none of the ${counted(checked)} of ${period} that were computed again differs.`
  const named = byFeature
    .slice(0, FEATURES_NAMED)
    .map(({ feature, count }) => `${feature} (${counted(count)})`)
  const more = byFeature.length - named.length
  const features = `${named.join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`
  return (
    `${counted(differing)} of ${counted(checked)} served vectors of ${period} that were computed again from the log differ ` +
    `(${(share * 100).toFixed(2)} %): ${features}.${example === null ? '' : ` ${exampleText(example)}`} ` +
    'A state was changed or lost in the store, or what serves runs other code than what computes again: `feedloop replay diff` shows states, a restart of all services the same code everywhere.'
  )
}

function exampleText({
  predictionId,
  itemId,
  column,
  served,
  computed,
}: NonNullable<SkewReading['example']>) {
  if (column === STATE_WENT_BACK)
    return `Prediction ${predictionId}, ${itemId}: its state had seen offset ${String(served)}, an earlier one offset ${String(computed)}.`
  return `Prediction ${predictionId}, item ${itemId}, ${column}: served ${String(served)}, computed ${String(computed)}.`
}

const counted = (count: number) => count.toLocaleString('en-US')
