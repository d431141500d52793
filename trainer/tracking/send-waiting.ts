import type { TrackingConfig } from './config.ts'
import { TrackingError } from './errors.ts'
import type { Mlflow } from './mlflow.ts'
import type { ListedRun, RunFolders } from './run-folders.ts'
import { isOwnFault, sendRun } from './send-run.ts'

export interface SendOptions {
  mlflow: Mlflow
  folders: RunFolders
  /** For the note of what was sent. */
  url: string
  config: Pick<TrackingConfig, 'artifactBytesMax'>
  nowMs(): number
  /** Tries those again that were refused. */
  again?: boolean
  /** Runs that were sent leave the folder. */
  remove?: boolean
  onRun?(done: number, of: number): void
}

export interface SendResult {
  sent: number
  /** What MLflow does not take as it is, or cannot be read, with the reason. */
  refused: { place: string; reason: string }[]
  /** Still to be sent. */
  waiting: number
  /** Why it stopped. */
  failure?: TrackingError
  /** Another process is sending from this folder: nothing was done. */
  isBusy?: true
}

/** Sends what waits in a folder, the oldest first, until it is empty or the server refuses. */
export async function sendWaiting(options: SendOptions): Promise<SendResult> {
  const listed = await options.folders.list()
  const waiting = listed.filter(({ state }) => isTried(state, options.again === true))
  if (waiting.length === 0) return { sent: 0, refused: brokenOf(listed), waiting: 0 }
  const result = await options.folders.exclusively(() => sendAll(waiting, options))
  if (result === undefined) return { sent: 0, refused: [], waiting: waiting.length, isBusy: true }
  return { ...result, refused: [...brokenOf(listed), ...result.refused] }
}

const isTried = (state: ListedRun['state'], again: boolean) =>
  state === 'waiting' || (again && state === 'refused')

const brokenOf = (listed: readonly ListedRun[]) =>
  listed.flatMap(({ state, place, reason = '' }) => (state === 'broken' ? [{ place, reason }] : []))

async function sendAll(waiting: readonly ListedRun[], options: SendOptions): Promise<SendResult> {
  const { mlflow, folders, url, config } = options
  const refused: SendResult['refused'] = []
  let sent = 0
  const left = () => waiting.length - sent - refused.length
  try {
    await mlflow.checkVersion()
    for (const { name, place } of waiting) {
      try {
        const { run } = await folders.read(name)
        const file = (path: string) => folders.file(name, path, config.artifactBytesMax)
        const told = await sendRun(mlflow, { run, place, file })
        await folders.markSent(name, { url, ...told, sentAtMs: options.nowMs() })
        if (options.remove === true) await folders.remove(name)
        sent += 1
      } catch (error) {
        if (!isOwnFault(error)) throw error
        const reason = error instanceof Error ? error.message : String(error)
        await folders.markRefused(name, reason)
        refused.push({ place, reason })
      }
      options.onRun?.(sent + refused.length, waiting.length)
    }
    return { sent, refused, waiting: 0 }
  } catch (error) {
    if (!(error instanceof TrackingError)) throw error
    return { sent, refused, waiting: left(), failure: error }
  }
}
