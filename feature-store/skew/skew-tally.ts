import type { PredictionCheck, VectorMismatch } from '../replay/check-prediction.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { nameOfDefinition } from '../definitions.ts'

/** Stands for a feature where a state was older than one that had been served before. */
export const STATE_WENT_BACK = 'state_went_back'

export interface FirstDifference {
  predictionId: string
  modelId: string
  occurredAtMs: number
  itemId: string
  column: string
  served: number
  computed: number
}

/** What was found of the vectors of the last while. */
export interface SkewReading {
  checked: number
  differing: number
  /** differing / checked; 0 when nothing was checked. */
  share: number
  /** Most first. */
  byFeature: readonly { feature: string; count: number }[]
  /** The newest of them. */
  example: FirstDifference | null
}

export interface SkewTally {
  add(checked: CheckedVectors, nowMs: number): void
  /** Of the last `windowSeconds`. */
  reading(nowMs: number): SkewReading
  /** What is to be told now, if anything: at once when vectors begin to differ, then every `tellSeconds` until none does. */
  toTell(nowMs: number): SkewReading | null
}

export interface CheckedVectors {
  vectors: number
  differing: readonly { features: readonly string[]; example: FirstDifference }[]
}

interface Slot {
  atMs: number
  checked: number
  differing: number
  byFeature: Map<string, number>
  example: FirstDifference | null
}

const SLOTS = 60

/** Memory: sixty slots, whatever happens. */
export function createSkewTally({
  windowSeconds,
  tellSeconds,
}: {
  windowSeconds: number
  tellSeconds: number
}): SkewTally {
  const slotMs = (windowSeconds * 1_000) / SLOTS
  let slots: Slot[] = []
  let told = { share: 0, atMs: -Infinity }

  function slotAt(nowMs: number): Slot {
    slots = slots.filter(({ atMs }) => nowMs - atMs < windowSeconds * 1_000)
    const last = slots.at(-1)
    if (last !== undefined && nowMs - last.atMs < slotMs) return last
    const slot = {
      atMs: nowMs,
      checked: 0,
      differing: 0,
      byFeature: new Map<string, number>(),
      example: null,
    }
    slots.push(slot)
    return slot
  }

  function reading(nowMs: number): SkewReading {
    const recent = slots.filter(({ atMs }) => nowMs - atMs < windowSeconds * 1_000)
    const byFeature = new Map<string, number>()
    let [checked, differing] = [0, 0]
    for (const slot of recent) {
      checked += slot.checked
      differing += slot.differing
      for (const [feature, count] of slot.byFeature)
        byFeature.set(feature, (byFeature.get(feature) ?? 0) + count)
    }
    return {
      ...{ checked, differing },
      share: checked === 0 ? 0 : differing / checked,
      byFeature: [...byFeature]
        .map(([feature, count]) => ({ feature, count }))
        .sort((left, right) => right.count - left.count || (left.feature < right.feature ? -1 : 1)),
      example: recent.findLast(({ example }) => example !== null)?.example ?? null,
    }
  }

  return {
    reading,
    add({ vectors, differing }, nowMs) {
      const slot = slotAt(nowMs)
      slot.checked += vectors
      slot.differing += differing.length
      for (const { features, example } of differing) {
        slot.example = example
        for (const feature of features) slot.byFeature.set(feature, (slot.byFeature.get(feature) ?? 0) + 1)
      }
    },
    toTell(nowMs) {
      const now = reading(nowMs)
      if (now.share === 0 && told.share === 0) return null
      const begins = told.share === 0
      if (!begins && nowMs - told.atMs < tellSeconds * 1_000) return null
      told = { share: now.share, atMs: nowMs }
      return now
    },
  }
}

/** By column, the feature that it belongs to; past the last one: the vector has the wrong length. */
export function featuresByColumn({ groups, config, width }: CompiledFeatureSet): readonly string[] {
  const features = new Array<string>(width)
  for (const [n, { at, names }] of groups.entries())
    features.fill(nameOfDefinition(config.features[n]!), at, at + names.length)
  return [...features, 'length']
}

/** What a check says of the vectors of a prediction. */
export function checkedVectors(
  { vectors, mismatches }: Extract<PredictionCheck, { kind: 'checked' }>,
  features: readonly string[],
  about: Pick<FirstDifference, 'predictionId' | 'modelId' | 'occurredAtMs'>,
): CheckedVectors {
  return {
    vectors,
    differing: mismatches.map((mismatch) => ({
      features: [...new Set(mismatch.columns.map((column) => features[column]!))],
      example: differenceOf(mismatch, about),
    })),
  }
}

const differenceOf = (
  { itemId, column, recorded, recomputed }: VectorMismatch,
  about: Pick<FirstDifference, 'predictionId' | 'modelId' | 'occurredAtMs'>,
): FirstDifference => {
  const { predictionId, modelId, occurredAtMs } = about
  return { predictionId, modelId, occurredAtMs, itemId, column, served: recorded, computed: recomputed }
}
