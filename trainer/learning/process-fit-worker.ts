import { parentPort } from 'node:worker_threads'
import type { ProvableModel } from '../export/provable-model.ts'
import { fitModel, type FitRequest } from './fit-model.ts'

/** What the thread of a fit tells. */
export type FitMessage =
  | { kind: 'progress'; share: number }
  | { kind: 'fitted'; model: ProvableModel }
  | { kind: 'failed'; message: string }

/** One fit after another, as they are asked for; the thread is ended from outside. */
if (parentPort !== null) {
  const port = parentPort
  const tell = (message: FitMessage) => port.postMessage(message)
  // Nobody can tell a busy thread to stop.
  const { signal } = new AbortController()
  port.on('message', (request: FitRequest) => {
    void fitModel(request, { signal, progress: (share) => tell({ kind: 'progress', share }) }).then(
      (model) => tell({ kind: 'fitted', model }),
      (error: unknown) =>
        tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
    )
  })
}
