/**
 * One process at a time, by a file that names its owner. The file appears with its content in one step (a hard
 * link), and a file whose owner is dead is taken over. (streams/stack/fs-lock.ts is the same idea in TypeScript:
 * this one must run before there is a compiler.)
 */
import * as fs from 'node:fs'
import path from 'node:path'

const POLL_MS = 100
/** Breaking a stale lock takes microseconds; a breaker older than this died in the act. */
const BREAKER_STALE_MS = 10_000

/**
 * @param {string} file
 * @param {{ waitMs: number, onWait: (pid: number) => void }} options
 * @returns {() => void} gives the lock back
 */
export function takeLock(file, { waitMs, onWait }) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const own = `${file}.${process.pid}`
  fs.writeFileSync(own, `${process.pid} ${startOf(process.pid)}`)
  try {
    const startMs = Date.now()
    for (let told = false; ;) {
      if (tryLink(own, file)) return () => fs.rmSync(file, { force: true })
      const owner = ownerOf(file)
      if (owner !== null && !isAlive(owner)) {
        breakStale(file, owner)
        continue
      }
      if (Date.now() - startMs > waitMs)
        throw new Error(
          `Process ${pidOf(owner)} has held ${file} for ${waitMs / 1000} s; end it or remove the file.`,
        )
      if (owner !== null && !told) onWait(pidOf(owner))
      told = told || owner !== null
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS)
    }
  } finally {
    fs.rmSync(own, { force: true })
  }
}

function tryLink(own, file) {
  try {
    fs.linkSync(own, file)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function ownerOf(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

const pidOf = (owner) => Number(owner?.split(' ')[0])

function isAlive(owner) {
  const pid = pidOf(owner)
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error.code !== 'EPERM') return false
  }
  return owner === `${pid} ${startOf(pid)}`
}

/** When the process began, where the system tells (Linux): a number that is used again is another process. */
function startOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return ''
  }
}

/** Two waiters may find the same dead owner: only one may remove the file, and only while it is still that owner's. */
function breakStale(file, owner) {
  const breaker = `${file}.breaker`
  try {
    fs.mkdirSync(breaker)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    const madeMs = fs.statSync(breaker, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    if (Date.now() - madeMs > BREAKER_STALE_MS) fs.rmSync(breaker, { recursive: true, force: true })
    return
  }
  try {
    if (ownerOf(file) === owner) fs.rmSync(file, { force: true })
  } finally {
    fs.rmSync(breaker, { recursive: true, force: true })
  }
}
