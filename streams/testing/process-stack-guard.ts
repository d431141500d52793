import { spawn } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export interface StackGuard {
  /** The stack is gone already: the guard ends. Resolves when it has. */
  dismiss(): Promise<void>
}

/**
 * A process beside the test run that outlives its crash: when the run is gone, however it went, the guard stops the
 * stack in `dir` and removes the folder. It notices by the end of its standard input.
 */
export function startStackGuard(dir: string, projectRoot: string): StackGuard {
  const entry = path.join(path.dirname(fileURLToPath(import.meta.url)), 'stack-guard-main.ts')
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', entry, dir], {
    cwd: projectRoot,
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', TSX_DISABLE_CACHE: '1' },
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  child.unref()
  return {
    dismiss() {
      // Waited for now: otherwise the run could end in the middle of its own closing.
      child.ref()
      child.stdin.end()
      return ended
    },
  }
}
