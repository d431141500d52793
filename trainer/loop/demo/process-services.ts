import { spawn, type ChildProcess } from 'node:child_process'
import type { LoopService } from '#schemas'
import { ServiceDiedError } from './errors.ts'
import type { RunFolder } from './fs-run-folder.ts'

export interface LoopServices {
  /** Rejects when a service cannot be kept alive. Never resolves before `stop`. */
  readonly done: Promise<void>
  readonly restarts: Readonly<Record<LoopService, number>>
  /** SIGTERM, then SIGKILL after a while. Resolves when all are gone. */
  stop(): Promise<void>
}

export interface StartServicesOptions {
  names: readonly LoopService[]
  folder: RunFolder
  environment: Readonly<Record<string, string | undefined>>
  onRestart: (name: LoopService, how: string) => void
}

const RESTARTS_MAX = 5
const RESTART_DELAY_MS = 500
const STOP_GRACE_MS = 15_000

/**
 * Runs services as child processes through the same command line a user has, each restarted when it ends
 * by itself, at most 5 times. The children read the run's feed file.
 */
export function startServices(options: StartServicesOptions): LoopServices {
  const { names, folder, environment, onRestart } = options
  const children = new Map<LoopService, ChildProcess>()
  const restarts: Record<LoopService, number> = { features: 0, scorer: 0, trainer: 0, skew: 0 }
  let stopping = false
  let fail: (error: Error) => void
  let succeed: () => void
  const done = new Promise<void>((resolve, reject) => {
    succeed = resolve
    fail = reject
  })
  done.catch(() => undefined) // `stop` may come before anyone listens

  function start(name: LoopService): void {
    const log = folder.openLog(name)
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, 'run', name], {
      env: { ...environment, FEEDLOOP_CONFIG: folder.feedFile },
      stdio: ['ignore', log, log],
      // A Ctrl-C in the terminal reaches the whole group: only this process decides when the services stop.
      detached: true,
    })
    folder.closeLog(log)
    children.set(name, child)
    child.once('exit', (code, signal) => ended(name, signal ?? `exit code ${String(code)}`))
    child.once('error', (error) => ended(name, error.message))
  }

  function ended(name: LoopService, how: string): void {
    if (!children.delete(name) || stopping) return
    if (restarts[name] >= RESTARTS_MAX)
      return fail(new ServiceDiedError(name, restarts[name], folder.logTail(name, 15)))
    restarts[name]++
    onRestart(name, how)
    setTimeout(() => {
      if (!stopping) start(name)
    }, RESTART_DELAY_MS)
  }

  function signalAll(signal: NodeJS.Signals): void {
    for (const child of children.values()) child.kill(signal)
  }

  // Whatever ends this process, its services do not outlive it.
  const killAll = () => signalAll('SIGKILL')
  process.once('exit', killAll)
  for (const name of names) start(name)
  return {
    done,
    restarts,
    async stop() {
      stopping = true
      const exits = [...children.values()].map(
        (child) => new Promise((resolve) => child.once('exit', resolve)),
      )
      signalAll('SIGTERM')
      const timer = setTimeout(() => signalAll('SIGKILL'), STOP_GRACE_MS)
      await Promise.all(exits)
      clearTimeout(timer)
      process.off('exit', killAll)
      succeed()
    },
  }
}
