import type { FeatureDefinition } from '#feature-store'
import type { FeedLog } from '../datasets/index.ts'
import { leaksIn, shiftsBetween } from './column-checks.ts'
import { auditRows, bothAudits } from './row-audit.ts'
import type { PartShares } from './parts-by-time.ts'
import type { DataReport, PartFacts } from './training-report.ts'
import type { SplitRows } from './training.ts'
import type { UserBalance } from './user-balance.ts'

interface DataReportParts {
  dataset: Pick<FeedLog, 'name' | 'notes' | 'audit'>
  balance: UserBalance
  shares: PartShares
  label: string
  features: readonly FeatureDefinition[]
}

/** Rows that columns are looked at by; more say the same. */
const LOOKED_AT_ROWS_MAX = 10_000

/** What can be said of the data before anything is learned. */
export function dataReportOf(
  split: SplitRows,
  { dataset, balance, shares, label, features }: DataReportParts,
): DataReport {
  const { rows, parts, played, featureSet } = split
  const middle = Math.floor(rows.count / 2)
  const blockOf = (some: Int32Array) => ({
    vectors: rows.vectors(some),
    labels: Uint8Array.from(some, (row) => rows.labels[row]!),
    width: rows.width,
  })
  const half = (from: number, to: number) => evenly(from, to, LOOKED_AT_ROWS_MAX)
  const [before, after] = [blockOf(half(0, middle)), blockOf(half(middle, rows.count))]
  const rate = (from: number, to: number) =>
    rows.labels.subarray(from, to).reduce((sum, one) => sum + one, 0) / Math.max(1, to - from)
  const factsOf = (part: Int32Array): PartFacts => ({
    rows: part.length,
    positives: part.reduce((sum, row) => sum + rows.labels[row]!, 0),
    fromMs: rows.occurredAtMs[part[0]!]!,
    toMs: rows.occurredAtMs[part.at(-1)!]!,
    users: new Set(Array.from(part, (row) => rows.userIds[row]!)).size,
    items: new Set(Array.from(part, (row) => rows.itemIds[row]!)).size,
  })
  return {
    dataset: dataset.name,
    featureSetId: featureSet.id,
    featureNames: featureSet.names,
    label,
    rows: rows.count,
    positives: rows.labels.reduce((sum, one) => sum + one, 0),
    requests: played.counts.requests,
    fromMs: rows.occurredAtMs[0]!,
    toMs: rows.occurredAtMs[rows.count - 1]!,
    split: {
      shares,
      train: factsOf(parts.train),
      validation: factsOf(parts.validation),
      test: factsOf(parts.test),
      notKnownInTime: parts.notKnownInTime,
    },
    balance,
    audit: bothAudits(dataset.audit?.(), auditRows(rows)),
    leaks: leaksIn(blockOf(evenlyOf(parts.train, LOOKED_AT_ROWS_MAX)), featureSet.names),
    shifts: shiftsBetween(before, after, historyOf(split, features)),
    halves: { before: rate(0, middle), after: rate(middle, rows.count) },
    notes: [...(dataset.notes ?? [])],
    mockRows: 0,
  }
}

/** Kinds that read what is said of a user, an item or a request: neither what happened nor the time of day. */
const GIVEN = new Set(['attribute', 'contextAttribute', 'hashBucket', 'position', 'listLength'])

function historyOf({ featureSet: { groups } }: SplitRows, features: readonly FeatureDefinition[]) {
  return groups.flatMap(({ names }, place) =>
    names.map((column) => ({ column, movesByItself: !GIVEN.has(features[place]!.kind) })),
  )
}

/** So many whole numbers of the range at most, at even steps. */
function evenly(from: number, to: number, max: number): Int32Array {
  const count = Math.min(max, to - from)
  return Int32Array.from({ length: count }, (_, n) => from + Math.floor((n * (to - from)) / count))
}

const evenlyOf = (rows: Int32Array, max: number) => evenly(0, rows.length, max).map((at) => rows[at]!)
