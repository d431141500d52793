import type { FeatureSet } from '#feature-store'
import type { TableFormat } from '#feature-store/files'
import type { TrainerConfig } from '../../../config.ts'
import type { ExportColumns } from './export-columns.ts'
import type { ExportCounts } from './export-examples.ts'
import type { ExportedFile } from './fs-export-folder.ts'

/** `manifest.json` of an export: what is in it, and where it came from. */
export interface ExportManifest {
  formatVersion: 1
  format: TableFormat
  /** What was read: examples, or `predictions` when they were joined again from the log. */
  topic: string
  isFromLog: boolean
  /** Span of the requests' event time, ISO 8601; null: no bound. */
  from: string | null
  to: string | null
  featureSetId: string
  /** Columns of the features, in the order of the vector. */
  features: readonly string[]
  /** Those that hold a fixed place when served: learners may want `shown_position` + 1 there instead. */
  positionFeatures: readonly string[]
  /** Those that hold numbers of buckets, which are names, not quantities. */
  bucketFeatures: readonly string[]
  rowColumns: Readonly<Record<string, string>>
  labelColumns: Readonly<Record<string, string>>
  /** What makes each label 1, and when it is final. */
  labels: TrainerConfig['labels']
  objective: string
  counts: ExportCounts
  files: readonly ExportedFile[]
}

export function exportManifest(told: {
  format: TableFormat
  topic: string
  isFromLog: boolean
  fromMs: number | null
  toMs: number | null
  featureSet: FeatureSet
  trainer: Pick<TrainerConfig, 'labels' | 'objective'>
  columns: ExportColumns
  counts: ExportCounts
  files: readonly ExportedFile[]
}): ExportManifest {
  const { format, topic, isFromLog, fromMs, toMs, featureSet, trainer, columns, counts, files } = told
  const { names, positions = [], buckets = [] } = featureSet
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
  return {
    formatVersion: 1,
    ...{ format, topic, isFromLog, from: iso(fromMs), to: iso(toMs) },
    featureSetId: featureSet.id,
    features: columns.features,
    positionFeatures: positions.map((at) => names[at]!),
    bucketFeatures: buckets.flatMap(({ columns: places }) => places.map((place) => names[place]!)),
    rowColumns: columns.rowColumns,
    labelColumns: columns.labelColumns,
    labels: trainer.labels,
    objective: trainer.objective,
    counts,
    files,
  }
}
