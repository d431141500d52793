import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { CpuProfile } from './cpu-profile.ts'

/** A profile of this process, and how late its event loop was meanwhile. */
export interface ProfileFile {
  profile: CpuProfile
  /** CPU time of the process meanwhile, user and system. */
  cpuMicros: number
  /** ... and of all its threads but the main one; null where the system does not tell (only Linux does). */
  otherThreadsMicros: number | null
  loopLagMs: { p50: number; p99: number; max: number }
}

const SAMPLE_EVERY_MICROS = 250
const LAG_RESOLUTION_MS = 1

/** Begins sampling; the answer stops it and writes a ProfileFile. */
export async function startProfiler(file: string): Promise<() => Promise<void>> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_MICROS })
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS })
  await session.post('Profiler.start')
  lag.enable()
  const othersBefore = otherThreadsMicros()
  const cpuBefore = process.cpuUsage()
  return async () => {
    lag.disable()
    const othersNow = otherThreadsMicros()
    const { user, system } = process.cpuUsage(cpuBefore)
    const { profile } = await session.post('Profiler.stop')
    session.disconnect()
    // What it measures is the time between two ticks of its timer.
    const late = (nanos: number) => Math.max(0, nanos / 1e6 - LAG_RESOLUTION_MS)
    const loopLagMs = { p50: late(lag.percentile(50)), p99: late(lag.percentile(99)), max: late(lag.max) }
    const others = othersBefore === null || othersNow === null ? null : othersNow - othersBefore
    const found: ProfileFile = { profile, cpuMicros: user + system, otherThreadsMicros: others, loopLagMs }
    writeFileSync(file, JSON.stringify(found))
  }
}

const THREADS = '/proc/self/task'

/** The main thread's id is the process'. */
function otherThreadsMicros(): number | null {
  if (!existsSync(THREADS)) return null
  let nanos = 0
  for (const thread of readdirSync(THREADS)) {
    if (Number(thread) === process.pid) continue
    nanos += Number(readFileSync(`${THREADS}/${thread}/schedstat`, 'utf8').split(' ')[0])
  }
  return nanos / 1_000
}
