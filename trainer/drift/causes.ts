import { type BucketColumns, MISSING, STALE } from '#feature-store'
import type { DriftKind } from '#schemas'
import type { DriftConfig } from '../config.ts'
import type { TrainingExample } from '../learning/training-example.ts'
import { shiftOf } from './feature-shift.ts'
import type { Symptom } from './loss-watch.ts'
import type { Deficit } from './slope-deficit.ts'

/** A served example, and by how much the model promised too much on it (loss-watch.ts). */
export interface WatchedExample {
  example: TrainingExample
  symptoms: Readonly<Record<Symptom, number>>
}

export interface CauseFacts {
  /** What has risen. */
  symptom: Symptom
  /** Served before the change, and since. */
  before: readonly WatchedExample[]
  after: readonly WatchedExample[]
  featureNames: readonly string[]
  /** Columns that hold names, not quantities: always new ones, and none lies between two others. */
  buckets?: readonly BucketColumns[] | undefined
  /** The champion changed shortly before: how honest the replaced model would have been on `after`, and the new one. */
  swap?: { from: string; to: string; replaced: Deficit; served: Deficit } | undefined
}

export interface Cause {
  kind: DriftKind
  /** One sentence. */
  cause: string
}

/** Rows that must be left to say that the others explain the rise. */
const UNTOUCHED_MIN = 100

/**
 * What is behind a risen loss: a worse champion, stale features (lag), missing ones (a broken upstream), inputs that
 * are distributed otherwise (data); what remains is that people changed (concept). A suspect is the cause only when
 * the rows that it did not touch are about as good as before: had people changed, those would be worse, too.
 */
export function seekCause(
  { symptom, before, after, featureNames, buckets = [], swap }: CauseFacts,
  config: DriftConfig,
): Cause {
  const meanOf = (rows: readonly WatchedExample[]) => meanSymptom(rows, symptom)
  const meanBefore = meanOf(before)
  const rise = meanOf(after) - meanBefore
  const risen = RISEN[symptom](rise)
  if (swap !== undefined && isSwapToBlame(swap)) {
    const told = (deficit: number) => `${percent(deficit)} of what it promised did not come true`
    return {
      kind: 'none',
      cause: `The champion changed, and ${risen}: of ${swap.to}, ${told(swap.served.deficit)}; of ${swap.from} ${percent(swap.replaced.deficit)} on the same examples.`,
    }
  }
  const restIsAsBefore = (
    isTouched: (example: TrainingExample) => boolean,
    whenNoneIsLeft: boolean,
  ): boolean => {
    const untouched = after.filter(({ example }) => !isTouched(example))
    if (untouched.length < UNTOUCHED_MIN) return whenNoneIsLeft
    return meanOf(untouched) <= meanBefore + rise / 2
  }
  for (const { bit, kind, word } of FLAG_SUSPECTS) {
    const risenMost = flagRise(before, after, bit, featureNames.length)
    if (risenMost.rise < config.flagShareRiseMin) continue
    if (!restIsAsBefore(({ flags }) => ((flags[risenMost.column] ?? 0) & bit) !== 0, true)) continue
    const share = `${percent(risenMost.before)} to ${percent(risenMost.after)}`
    return {
      kind,
      cause: `${featureNames[risenMost.column] ?? '?'} is ${word} more often (${share}) and ${risen} where it is.`,
    }
  }
  const namesOnly = new Set(buckets.flatMap(({ columns }) => columns))
  for (const [column, name] of featureNames.entries()) {
    if (namesOnly.has(column)) continue
    const shift = shiftOf(
      before.map(({ example }) => example.vector[column]!),
      after.map(({ example }) => example.vector[column]!),
    )
    // A column that only ever grows (age, slow counts) is new everywhere at any time: it explains nothing.
    if (shift.psi < config.psiMin || !restIsAsBefore(({ vector }) => shift.isGrown(vector[column]!), false))
      continue
    return {
      kind: 'data',
      cause: `${name} is distributed otherwise (PSI ${shift.psi.toFixed(2)}) and ${risen} where it is new.`,
    }
  }
  return {
    kind: 'concept',
    cause: `Same inputs, other outcomes: ${risen}; no model swap, stale, missing or shifted feature explains it.`,
  }
}

/**
 * Had people changed, the replaced model would be wrong, too, however dull it was. It must be clearly honest: a drift that
 * is taken for a swap is not answered, while a bad swap that is taken for a drift only costs a candidate.
 */
function isSwapToBlame({ replaced, served }: NonNullable<CauseFacts['swap']>): boolean {
  return replaced.deficit + 2 * replaced.standardError < served.deficit / 2
}

const RISEN: Readonly<Record<Symptom, (rise: number) => string>> = {
  overprediction: (rise) =>
    `the served scores exceed what comes true by ${rise.toFixed(3)} (probability) more than before`,
  overclaim: (rise) => `the served scores overclaim by ${rise.toFixed(3)} nats more than before`,
}

const FLAG_SUSPECTS = [
  { bit: STALE, kind: 'lag', word: 'stale' },
  { bit: MISSING, kind: 'upstream', word: 'missing' },
] as const

/** The column whose share of this flag rose most. */
function flagRise(
  before: readonly WatchedExample[],
  after: readonly WatchedExample[],
  bit: number,
  width: number,
) {
  const most = { column: -1, before: 0, after: 0, rise: -Infinity }
  const [shares, sharesAfter] = [flagShares(before, bit, width), flagShares(after, bit, width)]
  for (let column = 0; column < width; column++) {
    const rise = sharesAfter[column]! - shares[column]!
    if (rise > most.rise)
      Object.assign(most, { column, before: shares[column], after: sharesAfter[column], rise })
  }
  return most
}

function flagShares(rows: readonly WatchedExample[], bit: number, width: number): Float64Array {
  const shares = new Float64Array(width)
  for (const { example } of rows) {
    for (let column = 0; column < width; column++)
      if (((example.flags[column] ?? 0) & bit) !== 0) shares[column]! += 1
  }
  return shares.map((count) => (rows.length === 0 ? 0 : count / rows.length))
}

function meanSymptom(rows: readonly WatchedExample[], symptom: Symptom): number {
  return rows.length === 0 ? 0 : rows.reduce((sum, { symptoms }) => sum + symptoms[symptom], 0) / rows.length
}

const percent = (share: number) => `${(share * 100).toFixed(0)} %`
