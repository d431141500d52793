import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import path from 'node:path'
import type { Environment } from './addresses.ts'
import { ProcessDiedError, StopFailedError } from './errors.ts'
import type { Launch } from './launch.ts'
import { isSameProcess, startTokenOf } from './process-identity.ts'
import { pollUntil, WaitLimitError } from './process-wait.ts'
import type { ServiceName } from './stack-services.ts'

const STOP_GRACE_MS = 10_000
const KILL_GRACE_MS = 5_000
const LOG_TAIL_LINES = 15
const LOG_TAIL_BYTES = 16_384

export interface StartedService {
  pid: number
  startToken: string
  /** Throws ProcessDiedError once the process has ended. */
  mustLive(): Promise<void>
}

/**
 * Starts a service that outlives this process: own process group, output into `logFile` (the last run's log is kept
 * beside it as `.previous.log`). Throws ProcessDiedError when it cannot even be started.
 */
export async function startService(
  service: ServiceName,
  launch: Launch,
  { cwd, logFile, env }: { cwd: string; logFile: string; env: Environment },
): Promise<StartedService> {
  await Promise.all([mkdir(cwd, { recursive: true }), mkdir(path.dirname(logFile), { recursive: true })])
  await rename(logFile, logFile.replace(/\.log$/, '.previous.log')).catch(() => undefined)
  const log = openSync(logFile, 'w')
  const child = spawn(launch.command, launch.args, {
    cwd,
    env: { ...env },
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  const outcome = outcomeOf(child)
  const died = async (): Promise<ProcessDiedError> =>
    new ProcessDiedError(service, outcome.text ?? 'ended', logFile, await logTailOf(logFile))
  const startToken = child.pid === undefined ? undefined : await startTokenOf(child.pid)
  if (child.pid === undefined || startToken === undefined) {
    await outcome.known
    throw await died()
  }
  return {
    pid: child.pid,
    startToken,
    async mustLive() {
      if (outcome.text !== undefined) throw await died()
    },
  }
}

/** Runs a preparation of a service to its end. Throws ProcessDiedError when it fails. */
export async function runToEnd(
  service: ServiceName,
  launch: Launch,
  { cwd, env }: { cwd: string; env: Environment },
): Promise<void> {
  const logFile = path.join(cwd, 'prepare.log')
  const log = openSync(logFile, 'w')
  const child = spawn(launch.command, launch.args, { cwd, env: { ...env }, stdio: ['ignore', log, log] })
  closeSync(log)
  const outcome = outcomeOf(child)
  await outcome.known
  if (outcome.text !== 'exit 0')
    throw new ProcessDiedError(service, outcome.text ?? 'ended', logFile, await logTailOf(logFile))
}

/**
 * SIGTERM, then SIGKILL when the grace has passed. Does nothing when the recorded process is gone or its number
 * belongs to another one now. Throws StopFailedError.
 */
export async function stopService(
  service: ServiceName,
  recorded: { pid: number; startToken: string },
): Promise<void> {
  for (const [signal, limitMs] of [
    ['SIGTERM', STOP_GRACE_MS],
    ['SIGKILL', KILL_GRACE_MS],
  ] as const) {
    if (!(await isSameProcess(recorded))) return
    process.kill(recorded.pid, signal)
    try {
      await pollUntil(() => mustBeGone(recorded), { everyMs: 25, limitMs })
      return
    } catch (error) {
      if (!(error instanceof WaitLimitError)) throw error
    }
  }
  throw new StopFailedError(service, recorded.pid)
}

/** The end of a log, for an error message; empty when there is none. */
export async function logTailOf(logFile: string): Promise<string> {
  const file = await open(logFile, 'r').catch(() => undefined)
  if (file === undefined) return ''
  try {
    const { size } = await file.stat()
    const length = Math.min(size, LOG_TAIL_BYTES)
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n')
  } finally {
    await file.close()
  }
}

async function mustBeGone(recorded: { pid: number; startToken: string }): Promise<void> {
  if (await isSameProcess(recorded)) throw new Error('still there')
}

function outcomeOf(child: ChildProcess): { text?: string; known: Promise<void> } {
  const outcome: { text?: string; known: Promise<void> } = { known: Promise.resolve() }
  outcome.known = new Promise((resolve) => {
    child.once('error', (error) => {
      outcome.text = error.message
      resolve()
    })
    child.once('exit', (code, signal) => {
      outcome.text = signal === null ? `exit ${code}` : `ended by ${signal}`
      resolve()
    })
  })
  return outcome
}
