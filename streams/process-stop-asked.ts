import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chainToNpm, isWhole, type LookUp } from './npm-chain.ts'

const LOOK_EVERY_MS = 1_000

/**
 * Calls `asked` at each SIGINT and SIGTERM, and once when the npm that started this process is gone: npm passes no signal on
 * to what it started, so whoever stops npm means us. FEEDLOOP_OUTLIVE_NPM=true leaves that out. Answers how to stop
 * listening.
 */
export function onStopAsked(asked: (by: 'signal' | 'npm_gone') => void): () => void {
  const signaled = () => asked('signal')
  process.on('SIGINT', signaled).on('SIGTERM', signaled)
  const outlives = process.env['FEEDLOOP_OUTLIVE_NPM'] === 'true' || process.platform === 'win32'
  const chain = outlives ? null : chainToNpm(process.pid, lookUpProcess)
  const looking = chain === null ? undefined : setInterval(look, LOOK_EVERY_MS, chain).unref()

  function look(whole: readonly number[]): void {
    if (isWhole(whole, lookUpProcess)) return
    clearInterval(looking)
    asked('npm_gone')
  }

  return () => {
    process.off('SIGINT', signaled).off('SIGTERM', signaled)
    clearInterval(looking)
  }
}

const lookUpProcess: LookUp = (pid) => {
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
  } catch {
    return null // no such process
  }
}

/** proc_pid_stat(5): state, parent, group, session come after the name, which may hold blanks and parentheses. */
function fromProc(pid: number) {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
  const [, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const argv = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').split('\0')
  return { parent: Number(parent), session: Number(session), argv }
}

function fromPs(pid: number) {
  const told = execFileSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' })
  const [parent, ...argv] = told.trim().split(/\s+/)
  return { parent: Number(parent), session: null, argv }
}
