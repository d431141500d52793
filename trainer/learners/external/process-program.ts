import { type ChildProcess, spawn } from 'node:child_process'
import { createOutputTail } from './output-tail.ts'
import type { GuardedRun } from './guard-messages.ts'

/** The name under which the program finds its folder in its environment. */
const FOLDER_VARIABLE = 'FEEDLOOP_FOLDER'
const NAME_LENGTH_MAX = 120
/** What the program started may hold its output open for so long after it. */
const OUTPUT_CLOSES_MS = 1_000

/**
 * Runs a program to its end, without a shell, in a group of processes of its own: none of them is there afterwards.
 *
 * @throws Error in a sentence, with the end of what the program printed
 */
export async function runProgram(
  { command, timeoutMs, outputBytesMax }: Pick<GuardedRun, 'command' | 'timeoutMs' | 'outputBytesMax'>,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<void> {
  const [program = '', ...argv] = command
  const output = createOutputTail(outputBytesMax)
  const child = spawn(program, [...argv, folder], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, [FOLDER_VARIABLE]: folder },
  })
  const end = () => endGroup(child)
  signal.addEventListener('abort', end, { once: true })
  child.stdout.on('data', output.add)
  child.stderr.on('data', output.add)
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    end()
  }, timeoutMs)
  try {
    const { code, signal: killed } = await exitOf(child, program)
    end()
    await closed(child)
    const named = nameOf(command)
    if (timedOut) throw new Error(output.told(`${named} did not end within ${minutes(timeoutMs)}`))
    if (killed !== null) throw new Error(output.told(`${named} was ended by ${killed}`))
    if (code !== 0) throw new Error(output.told(`${named} ended with code ${String(code)}`))
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}

function exitOf(
  child: ChildProcess,
  program: string,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'ENOENT'
          ? 'is not there: name one that is on the PATH, or its whole path'
          : `cannot be started (${cause.message})`
      reject(new Error(`the program ${program} ${why}`, { cause }))
    })
  })
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // Nobody of it is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Its output is read to the end; a process that left the group may hold it open. */
function closed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, OUTPUT_CLOSES_MS)
    child.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Not more of it than tells which it is. */
function nameOf(command: readonly string[]): string {
  const all = command.join(' ')
  return all.length > NAME_LENGTH_MAX ? `${all.slice(0, NAME_LENGTH_MAX)}...` : all
}

function minutes(ms: number): string {
  return ms < 60_000 ? `${String(ms / 1_000)} s` : `${String(Math.round(ms / 6_000) / 10)} min`
}
