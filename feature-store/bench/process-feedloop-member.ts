/**
 * One of several processes that share a group. Argument: the task. Writes "joined" when it has partitions, and says
 * every second what it applied and what CPU time that took. SIGUSR2 stops its stages, and it writes "resting"; the next
 * one starts them anew, with nothing applied: what V8 has compiled by then stays.
 */
import { collectRarely, connectRuntime, silentLogger, silentSignals, streamsConfigSchema } from '#streams'
import { startFeatureStore } from '../feature-store.ts'
import { openRedisStore } from '../redis-store.ts'
import { SIGNALS } from '../signals.ts'
import { benchFeatures } from './bench-features.ts'
import type { Task } from './contest.ts'
import { notedStore } from './noted-store.ts'

export interface MemberReport {
  user: number
  item: number
  /** Fenced writes, of both sides. */
  writes: number
  /** Of the user side: first offset not applied, by partition. */
  userOffsets: Record<string, number>
  /** User and system time since the start of the process. */
  cpuMicros: number
}

/** One report takes 0.7 ms (one profile): four a second from each of eight processes were 1.6 % of what they did. */
const REPORT_MS = 1_000

collectRarely() // as the command does
const task = JSON.parse(process.argv[2]!) as Task
const nothing = (): Omit<MemberReport, 'cpuMicros'> => ({ user: 0, item: 0, writes: 0, userOffsets: {} })
let applied = nothing()

const runtime = await connectRuntime({
  addresses: task,
  config: streamsConfigSchema.parse({ prefix: task.prefix }),
  clientId: 'bench-member',
  log: silentLogger,
  signals: {
    ...silentSignals,
    count(name, labels = {}, by = 1) {
      if (name === 'partitions_assigned' && labels['stage'] === 'features-user')
        process.stdout.write('joined\n')
      if (name !== SIGNALS.recordsApplied) return
      applied.writes += 1
      if (labels['stage'] === 'features-user') applied.user += by
      if (labels['stage'] === 'features-item') applied.item += by
    },
  },
})
let stages: { stop(): Promise<void> } | null = await startStages()
process.on('SIGUSR2', () => void (stages === null ? begin() : rest()))
setInterval(() => {
  const { user, system } = process.cpuUsage()
  const report: MemberReport = { ...applied, cpuMicros: user + system }
  process.stdout.write(`report ${JSON.stringify(report)}\n`)
}, REPORT_MS)

async function startStages() {
  const opened = await openRedisStore(task.redis, task.prefix)
  const store = notedStore(opened, ({ side, partition }, { nextOffset }) => {
    if (side === 'user') applied.userOffsets[partition] = nextOffset
  })
  const running = await startFeatureStore(runtime, { config: benchFeatures(), store })
  running.done.catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  })
  return {
    async stop() {
      await running.stop()
      await opened.close()
    },
  }
}

async function begin(): Promise<void> {
  stages = await startStages()
}

async function rest(): Promise<void> {
  await stages?.stop()
  stages = null
  applied = nothing()
  process.stdout.write('resting\n')
}
