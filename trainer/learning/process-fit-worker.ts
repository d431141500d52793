import { parentPort, workerData } from 'node:worker_threads'
import type { ProvableModel } from '../export/provable-model.ts'
import { fitModel, type FitRequest } from './fit-model.ts'

/** What the thread of a fit tells. */
export type FitMessage =
  | { kind: 'progress'; share: number }
  | { kind: 'fitted'; model: ProvableModel }
  | { kind: 'failed'; message: string }

/** One thread, one fit: the request comes with the start, and the thread ends with its answer. */
if (parentPort !== null) {
  const port = parentPort
  const tell = (message: FitMessage) => port.postMessage(message)
  // Nobody can tell a busy thread to stop: it is ended from outside.
  const { signal } = new AbortController()
  void fitModel(workerData as FitRequest, {
    signal,
    progress: (share) => tell({ kind: 'progress', share }),
  }).then(
    (model) => tell({ kind: 'fitted', model }),
    (error: unknown) =>
      tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
  )
}
