import { link, mkdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { StackBusyError } from './errors.ts'
import { isSameProcess, startTokenOf } from './process-identity.ts'
import { pollUntil, WaitLimitError } from './process-wait.ts'

/** Starting and stopping the stack of one folder, and fetching into one cache, is done by one process at a time. */
const LOCK_WAIT_MS = 15 * 60_000
const POLL_MS = 100
/** Breaking a stale lock takes milliseconds; a breaker older than this died in the act. */
const BREAKER_STALE_MS = 10_000

let locksTaken = 0

/**
 * Takes the lock for as long as `work` runs. The lock file appears with its owner's name in one step (a hard link);
 * one whose owner is dead is taken over. Throws StackBusyError after 15 minutes.
 */
export async function withLock<T>(
  file: string,
  options: { onWait: (pid: number) => void; signal?: AbortSignal | undefined },
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true })
  const own = `${file}.${process.pid}.${++locksTaken}`
  await writeFile(own, JSON.stringify({ pid: process.pid, startToken: await startTokenOf(process.pid) }))
  try {
    await take(own, file, options)
  } finally {
    await rm(own, { force: true })
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function take(
  own: string,
  file: string,
  options: { onWait: (pid: number) => void; signal?: AbortSignal | undefined },
): Promise<void> {
  let told = false
  const tryOnce = async (): Promise<void> => {
    try {
      await link(own, file)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const owner = await ownerOf(file)
    if (owner !== undefined && !(await isSameProcess(owner))) await breakStale(file, owner.text)
    else if (owner !== undefined && !told) {
      told = true
      options.onWait(owner.pid)
    }
    throw new Error('taken')
  }
  try {
    await pollUntil(tryOnce, { everyMs: POLL_MS, limitMs: LOCK_WAIT_MS, signal: options.signal })
  } catch (error) {
    if (!(error instanceof WaitLimitError)) throw error
    throw new StackBusyError((await ownerOf(file))?.pid ?? 0, file, LOCK_WAIT_MS / 1_000)
  }
}

async function ownerOf(file: string): Promise<{ pid: number; startToken: string; text: string } | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const { pid, startToken } = JSON.parse(text) as { pid: number; startToken: string }
  return { pid, startToken, text }
}

/** Two waiters may find the same dead owner: one at a time looks again and removes. */
async function breakStale(file: string, text: string): Promise<void> {
  const breaker = `${file}.breaker`
  try {
    await mkdir(breaker)
  } catch {
    const made = await stat(breaker).catch(() => undefined)
    if (made !== undefined && Date.now() - made.mtimeMs > BREAKER_STALE_MS)
      await rmdir(breaker).catch(() => undefined)
    return
  }
  try {
    if ((await ownerOf(file))?.text === text) await rm(file, { force: true })
  } finally {
    await rmdir(breaker)
  }
}
