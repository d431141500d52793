import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import type { ProvableModel } from '../export/provable-model.ts'
import { fitModel, type FitRequest } from './fit-model.ts'

/** What the thread is started with. */
export interface FitThread {
  /** 0 to 19. */
  niceness: number
}

/** What the thread of a fit tells. */
export type FitMessage =
  | { kind: 'progress'; share: number }
  | { kind: 'fitted'; model: ProvableModel }
  | { kind: 'failed'; message: string }

/** One fit after another, as they are asked for; the thread is ended from outside. */
if (parentPort !== null) {
  const port = parentPort
  const { niceness } = workerData as FitThread
  // On Linux this is a matter of the thread that asks, and of those that it starts; elsewhere of the whole process.
  if (niceness > 0 && process.platform === 'linux') setPriority(niceness)
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
