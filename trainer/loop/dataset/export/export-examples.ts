import type { Cell } from '#feature-store/files'
import type { Example } from '#schemas'
import { createSeenIds } from '../../../learning/seen-ids.ts'
import type { ExportColumns } from './export-columns.ts'

/** An example as it lies in its topic; `value` null: a tombstone. */
export interface LoggedExample {
  raw: { partition: number; offset: number; brokerTimeMs?: number }
  value: Example | null
}

export interface ExportOptions {
  examples: AsyncIterable<LoggedExample>
  columns: ExportColumns
  featureSetId: string
  /** Event time of the request, from it on and before it; null: no bound. */
  fromMs: number | null
  toMs: number | null
  /** Example ids remembered to leave duplicates out, at least. */
  rememberedExamplesMax: number
  /** Whether it belongs to who was erased; left out: nobody was. */
  isErased?(logged: LoggedExample): boolean
  /** Takes a row of a day (UTC). */
  add(day: string, cells: readonly Cell[]): void
  onRead?(read: number): void
  signal?: AbortSignal | undefined
}

export interface ExportCounts {
  rows: number
  /** Records of the topic. */
  read: number
  outside: number
  /** Of users and items that were erased. */
  erased: number
  duplicates: number
  /** Bytes that are no vector of this set. */
  malformed: number
  /** Examples of other feature sets, whose columns nobody knows here, by id. */
  otherFeatureSets: Record<string, number>
  /** What was read of each partition: first and last offset. */
  offsets: { partition: number; first: number; last: number }[]
}

const TELL_EVERY = 1_000

/**
 * Rows of the examples whose requests lie in a span of event time, each once, in the order in which they were read. Their
 * vectors are the served bytes: nothing that became known after the request can be in them.
 *
 * Memory: the remembered ids. An example is written twice only after a crash of the joiner, within one label horizon.
 */
export async function exportExamples(options: ExportOptions): Promise<ExportCounts> {
  const { columns, featureSetId, fromMs, toMs, add, onRead, signal, isErased = () => false } = options
  const seen = createSeenIds(options.rememberedExamplesMax)
  const spans = new Map<number, { partition: number; first: number; last: number }>()
  const others = new Map<string, number>()
  const counts = { rows: 0, read: 0, outside: 0, erased: 0, duplicates: 0, malformed: 0 }

  function take(example: Example): void {
    const { exampleId, occurredAtMs } = example
    if ((fromMs !== null && occurredAtMs < fromMs) || (toMs !== null && occurredAtMs >= toMs)) {
      counts.outside++
      return
    }
    if (!seen.add(exampleId)) {
      counts.duplicates++
      return
    }
    if (example.featureSetId !== featureSetId) {
      others.set(example.featureSetId, (others.get(example.featureSetId) ?? 0) + 1)
      return
    }
    const cells = columns.rowOf(example)
    if (cells === null) counts.malformed++
    else {
      add(new Date(occurredAtMs).toISOString().slice(0, 10), cells)
      counts.rows++
    }
  }

  for await (const logged of options.examples) {
    signal?.throwIfAborted()
    const { raw, value } = logged
    const { partition, offset } = raw
    const span = spans.get(partition)
    if (span === undefined) spans.set(partition, { partition, first: offset, last: offset })
    else span.last = offset
    counts.read++
    if (isErased(logged)) counts.erased++
    else if (value !== null) take(value)
    if (counts.read % TELL_EVERY === 0) onRead?.(counts.read)
  }
  const offsets = [...spans.values()].sort((left, right) => left.partition - right.partition)
  return { ...counts, otherFeatureSets: Object.fromEntries(others), offsets }
}
