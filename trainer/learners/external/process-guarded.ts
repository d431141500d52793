import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { FitError } from '../../errors.ts'
import type { GuardAnswer, GuardedRun } from './guard-messages.ts'
import { FILES } from './window-manifest.ts'

/** A model that came out of a folder. */
export interface GuardedModel {
  /** As scorers take it. */
  onnx: Uint8Array
  /** Of the golden rows. */
  scores: Float32Array
  parameters: number
  told: Record<string, number>
}

/** A folder, and a process that runs a program in it. */
export interface Guarded {
  readonly folder: string
  /** @throws FitError in a sentence */
  run(run: GuardedRun): Promise<GuardedModel>
  /** Ends the program and all it started; resolves when the folder is gone. */
  close(): Promise<void>
}

/**
 * The guard ends the program and removes the folder as soon as it does not hear of this thread any more: when the thread is
 * ended or the process killed. A file that brings ONNX Runtime down brings down the guard alone.
 */
export function openGuarded({
  workFolder,
  signal,
}: {
  workFolder: string | undefined
  signal: AbortSignal
}): Guarded {
  const folder = makeFolder(workFolder ?? tmpdir())
  const guard = startGuard(folder)
  const exited = new Promise<void>((resolve) => {
    guard.once('exit', () => resolve())
    // It could not be started, or not be told: what is missing says the rest.
    guard.on('error', () => (guard.pid === undefined ? resolve() : undefined))
  })
  const stop = () => {
    if (guard.connected) guard.disconnect()
  }
  signal.addEventListener('abort', stop, { once: true })

  return {
    folder,
    async run(run) {
      const answer = new Promise<GuardAnswer>((resolve) =>
        guard.once('message', resolve as (message: unknown) => void),
      )
      const left = exited.then((): GuardAnswer => ({ kind: 'failed', message: leftMessage(guard, signal) }))
      if (guard.connected) guard.send(run)
      const told = await Promise.race([answer, left])
      if (signal.aborted) throw new FitError('fit_aborted', 'the fit was given up')
      if (told.kind === 'failed') throw new FitError('fit_failed', told.message)
      const { scores, parameters, told: metrics } = told
      const onnx = new Uint8Array(readFileSync(path.join(folder, FILES.served)))
      return { onnx, scores: Float32Array.from(scores), parameters, told: metrics }
    },
    async close() {
      signal.removeEventListener('abort', stop)
      stop()
      await exited
      // The guard has done so, unless it was killed.
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function makeFolder(parent: string): string {
  try {
    return mkdtempSync(path.join(parent, 'feedloop-fit-'))
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new FitError(
      'fit_failed',
      `no folder for the fit can be made in ${parent} (${said}): make it, or name another \`workFolder\``,
      { cause },
    )
  }
}

/** The built guard beside this file, or the TypeScript source through tsx. */
function startGuard(folder: string) {
  const isSource = import.meta.url.endsWith('.ts')
  const file = isSource ? './process-external-guard.mjs' : './process-external-guard.js'
  return fork(fileURLToPath(new URL(file, import.meta.url)), [folder], {
    // Ctrl-C is for whoever started it: it then learns so by losing it.
    detached: true,
    execArgv: isSource ? ['--conditions=source'] : [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

function leftMessage(
  { exitCode, signalCode }: { exitCode: number | null; signalCode: string | null },
  signal: AbortSignal,
) {
  if (signal.aborted) return 'the fit was given up'
  return `the process that ran the program and looked at its model died (${signalCode ?? `code ${String(exitCode)}`})`
}
