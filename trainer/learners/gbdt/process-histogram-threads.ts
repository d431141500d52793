import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { FitMemory } from './fit-memory.ts'
import { createGroupBuilder, type Histograms } from './histograms.ts'
import { createGroupTurns } from './group-turns.ts'

/** Adds up histograms with the help of other threads. */
export interface HistogramThreads {
  build: Histograms['build']
  stop(): Promise<void>
}

/** What a helping thread is given. */
export interface HistogramThreadParts {
  memory: FitMemory['memory']
  layout: FitMemory['layout']
  rows: number
  turns: SharedArrayBuffer
}

/** @param threads of the fit, this one included; more than groups of 16 columns have nothing to do */
export async function openHistogramThreads(
  { memory, layout }: Pick<FitMemory, 'memory' | 'layout'>,
  rows: number,
  threads: number,
): Promise<HistogramThreads> {
  const buildGroup = createGroupBuilder(memory, layout, rows)
  const helpers = Math.min(threads, layout.groups) - 1
  const turns = createGroupTurns(layout.groups)
  const parts: HistogramThreadParts = { memory, layout, rows, turns: turns.shared }
  const workers = Array.from({ length: helpers }, () => startHelper(parts))
  await Promise.all(workers.map((worker) => once(worker, 'online')))
  return {
    build: (begin, end, slot) => turns.share({ begin, end, slot }, buildGroup),
    async stop() {
      turns.close()
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

/** The built worker beside this file, or the TypeScript source through tsx (Node 20 cannot load it by itself). */
function startHelper(parts: HistogramThreadParts): Worker {
  const isSource = import.meta.url.endsWith('.ts')
  const file = isSource ? './process-histogram-thread.mjs' : './process-histogram-thread.js'
  return new Worker(new URL(file, import.meta.url), {
    execArgv: isSource ? ['--conditions=source'] : [],
    name: 'fit-histograms',
    workerData: parts,
  })
}
