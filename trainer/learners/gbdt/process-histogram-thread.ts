import { isMainThread, workerData } from 'node:worker_threads'
import { createGroupBuilder } from './histograms.ts'
import { helpWithGroups } from './group-turns.ts'
import type { HistogramThreadParts } from './process-histogram-threads.ts'

/** A thread that helps one fit: it sleeps between histograms, and ends with the fit. */
if (!isMainThread) {
  const { memory, layout, rows, turns } = workerData as HistogramThreadParts
  helpWithGroups(turns, createGroupBuilder(memory, layout, rows))
}
