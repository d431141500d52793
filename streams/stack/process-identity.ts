import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Places in /proc/<pid>/stat after the command name (proc_pid_stat(5) counts from 1 and has two before). */
const [STATE, THREADS, START_TICKS] = [0, 17, 19]

/**
 * When the process began, in clock ticks since boot; undefined when it has ended. A process whose first thread is a
 * zombie has not ended while other threads are still at work (in an fsync, say): they hold its ports and files.
 *
 * @param stat what /proc/<pid>/stat says
 */
export function startTicksIn(stat: string): string | undefined {
  // The command name in parentheses may hold anything, blanks and parentheses too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const hasEnded = fields[STATE] === 'X' || (fields[STATE] === 'Z' && Number(fields[THREADS]) <= 1)
  return hasEnded ? undefined : fields[START_TICKS]
}

/**
 * A text that is the same as long as `pid` is the same process, and differs for a later process that got the same
 * number: when it began (Linux: boot id and clock ticks since boot; elsewhere `ps`). undefined: no such process, or
 * only what is left of one that ended (a zombie).
 */
export async function startTokenOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return startTokenFromPs(pid)
  const [stat, bootId] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
  ])
  if (stat === undefined) return undefined
  const startTicks = startTicksIn(stat)
  return startTicks === undefined ? undefined : `${bootId.trim()}:${startTicks}`
}

export async function isSameProcess(recorded: { pid: number; startToken: string }): Promise<boolean> {
  return (await startTokenOf(recorded.pid)) === recorded.startToken
}

async function startTokenFromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)])
    const [state, ...start] = stdout.trim().split(/\s+/)
    return state === undefined || state.startsWith('Z') ? undefined : start.join(' ')
  } catch {
    // ps ends with 1 when there is no such process.
    return undefined
  }
}
