/**
 * feedloop as it runs for users: `startFeatureStore` with its fence. Argument: the task, and in it what else is wanted.
 */
import { writeFileSync } from 'node:fs'
import {
  collectRarely,
  connectRuntime,
  type Signals,
  silentLogger,
  silentSignals,
  streamsConfigSchema,
} from '#streams'
import { startFeatureStore } from '../feature-store.ts'
import { openRedisStore } from '../redis-store.ts'
import { SIGNALS } from '../signals.ts'
import type { ApplyRequest } from '../state-store.ts'
import { benchFeatures } from './bench-features.ts'
import type { FeedloopTask } from './contest.ts'
import { notedStore, type WritePlace } from './noted-store.ts'
import { startProfiler } from './process-profiler.ts'
import { createStopwatch, finish } from './process-stopwatch.ts'
import { createWriteNotes } from './write-notes.ts'

collectRarely() // as the command does
const task = JSON.parse(process.argv[2]!) as FeedloopTask
const stopwatch = createStopwatch()
const notes = createWriteNotes()
const applied = new Map<string, number>()
/** What both sides had applied at the last look. */
let before = 0

const runtime = await connectRuntime({
  addresses: task,
  config: streamsConfigSchema.parse({ prefix: task.prefix }),
  clientId: 'bench',
  log: silentLogger,
  signals: { ...silentSignals, count } satisfies Signals,
})
const opened = await openRedisStore(task.redis, task.prefix)
const store = task.writesFile === undefined ? opened : notedStore(opened, note)
const stopProfiler = task.profileFile === undefined ? null : await startProfiler(task.profileFile)
const running = await startFeatureStore(runtime, { config: benchFeatures(task.deduplicateWindow), store })
await running.ready
process.stdout.write('ready\n')
await running.done

function count(name: string, labels: Record<string, string> = {}, by = 1): void {
  if (name === 'records_fetched' && labels['topic'] === 'interactions') stopwatch.start()
  if (name !== SIGNALS.recordsApplied) return
  const stage = labels['stage']!
  applied.set(stage, (applied.get(stage) ?? 0) + by)
  const least = Math.min(...['features-user', 'features-item'].map((side) => applied.get(side) ?? 0))
  if (task.history !== undefined && least >= task.history && before < task.history)
    process.stdout.write('history applied\n')
  before = least
  if (least === task.interactions) void end()
}

async function end(): Promise<void> {
  const outcome = stopwatch.outcome(task.interactions)
  if (task.writesFile !== undefined) writeFileSync(task.writesFile, notes.bytes())
  await stopProfiler?.()
  if (task.stays !== true) return finish(outcome)
  process.once('SIGTERM', () => void running.stop().then(() => process.exit(0)))
  process.stdout.write('all applied\n')
}

function note({ side, partition }: WritePlace, { nextOffset, sourceHighs }: ApplyRequest): void {
  const atMs = performance.timeOrigin + performance.now()
  notes.add({ side, partition, nextOffset, sourceHighs, atMs })
}
