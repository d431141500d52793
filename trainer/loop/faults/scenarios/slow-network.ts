import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { appliedCount } from '../applied-offsets.ts'
import { killFeatures } from '../host-death.ts'
import { openProxiedKafka } from '../own-kafka.ts'
import { residentMib } from '../process-memory.ts'
import { endsWithZero, recoveredWithin } from '../disturbed-run.ts'
import type { Scenario } from '../scenario.ts'
import { type Side, sideBySide } from '../side-by-side.ts'

const PER_SECOND = { short: 400, long: 1_000 }
const PHASE_MS = { short: 5_000, long: 60_000 }
const DELAY_MS = 50
/** Of one connection, each way: a slow mobile line. */
const BYTES_PER_SECOND = 50_000
/** As somebody would set it on such a line: an answer of 512 KiB a partition takes longer than a request may. */
const LIMITS = { fetchPartitionBytesMax: 16_384, fetchBytesMax: 65_536 }
const STALLS = { short: 1, long: 5 }
const STALL_MS = { short: 9_000, long: 20_000 }
const RECOVERY_SECONDS_MAX = 60
const MEMORY_MIB_MAX = 512

/**
 * The way to the broker is delayed, then narrow, then silently stalled, under load. On the narrow way the features process
 * is killed as well: a slow way alone harms nobody, but it leaves more under way when a process dies.
 */
export const slowNetwork: Scenario = {
  name: 'slow-network',
  title: `the way between features and broker: ${String(DELAY_MS)} ms each way, then ${String(BYTES_PER_SECOND / 1_000)} kB/s and a kill -9, then open connections that go silent for ever`,
  async run(lab, size) {
    const { straight, detour, proxy } = await openProxiedKafka(lab)
    let memoryMib = 0
    const rest = (ms: number) => wallStopwatch.rest(ms, new AbortController().signal)

    /** Interactions per second that `side` applies for a while. */
    async function throughput({ feed, features }: Side, ms: number): Promise<number> {
      const [before, startMs] = [await appliedCount(feed), wallStopwatch.nowMs()]
      await rest(ms)
      const mib = await residentMib(features.current().child.pid ?? 0)
      memoryMib = Math.max(memoryMib, mib ?? 0)
      return ((await appliedCount(feed)) - before) / ((wallStopwatch.nowMs() - startMs) / 1_000)
    }

    /** Only a process at work has something under way. */
    async function applyMore({ feed }: Side): Promise<void> {
      const before = await appliedCount(feed)
      await feed.until('features to be at work', async () => (await appliedCount(feed)) > before)
    }

    const { measured, control, exitCode } = await sideBySide(lab, {
      name: 'slow-network',
      straight,
      detour,
      perSecond: PER_SECOND[size],
      limits: LIMITS,
      async fault(ours, theirs) {
        proxy.set({ delayMs: DELAY_MS })
        const delayed = await throughput(ours, PHASE_MS[size])
        proxy.set({ bytesPerSecond: BYTES_PER_SECOND })
        const narrow = await throughput(ours, PHASE_MS[size])
        await Promise.all([applyMore(ours), applyMore(theirs)])
        await killFeatures([ours, theirs])
        proxy.set({})
        for (let stall = 0; stall < STALLS[size]; stall++) {
          proxy.stallOpen()
          await throughput(ours, STALL_MS[size])
        }
        return {
          'per second delayed': delayed,
          'per second narrow': narrow,
          stalls: STALLS[size],
          MiB: memoryMib,
        }
      },
    })
    return {
      measured,
      control,
      checks: [
        endsWithZero(exitCode),
        recoveredWithin(RECOVERY_SECONDS_MAX, measured),
        { what: `memory stayed under ${String(MEMORY_MIB_MAX)} MiB`, holds: memoryMib <= MEMORY_MIB_MAX },
      ],
    }
  },
}
