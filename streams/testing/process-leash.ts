import { spawn } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isSameProcess, startTokenOf } from '../stack/process-identity.ts'
import { pollUntil } from '../stack/process-wait.ts'

/** What must not outlive a test, and how it is undone. */
export type Leashed =
  | { kind: 'process'; pid: number; startToken: string }
  | { kind: 'command'; command: string; args: readonly string[] }
  | { kind: 'folder'; folder: string }

/** Undoes in reverse order what was put on it, also when the test process dies. */
export interface Leash {
  process(pid: number): Promise<void>
  /** Run at the end: unmounting, removing a network. */
  command(command: string, ...args: string[]): void
  folder(folder: string): void
  /** Resolves when everything is undone. */
  pull(): Promise<void>
}

/** A process beside the test that learns by the end of its standard input that the time has come. */
export function openLeash(): Leash {
  const entry = path.join(path.dirname(fileURLToPath(import.meta.url)), 'leash-main.ts')
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', entry], {
    cwd: path.dirname(fileURLToPath(import.meta.url)),
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', TSX_DISABLE_CACHE: '1' },
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  child.stdin.on('error', () => undefined) // it is gone: what remains is said by `pull` of whoever owns the things
  child.unref()
  const add = (leashed: Leashed): void => void child.stdin.write(`${JSON.stringify(leashed)}\n`)
  return {
    async process(pid) {
      const startToken = await startTokenOf(pid)
      if (startToken !== undefined) add({ kind: 'process', pid, startToken })
    },
    command: (command, ...args) => add({ kind: 'command', command, args }),
    folder: (folder) => add({ kind: 'folder', folder }),
    pull() {
      child.ref()
      child.stdin.end()
      return ended
    },
  }
}

const GONE_LIMIT_MS = 10_000

/** SIGKILL; resolves when the process is gone. Another process with the same number is left alone. */
export async function killProcess(target: { pid: number; startToken: string }): Promise<void> {
  if (!(await isSameProcess(target))) return
  process.kill(target.pid, 'SIGKILL')
  const mustBeGone = async (): Promise<void> => {
    if (await isSameProcess(target)) throw new Error(`process ${target.pid} is still there`)
  }
  await pollUntil(mustBeGone, { everyMs: 10, limitMs: GONE_LIMIT_MS })
}
