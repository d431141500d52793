/**
 * One of several processes that share a group. Argument: the task. Writes "joined" when it has partitions, and says
 * every 100 ms what it applied and what CPU time that took.
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

collectRarely() // as the command does
const task = JSON.parse(process.argv[2]!) as Task
const applied = { user: 0, item: 0, writes: 0 }
const userOffsets: Record<string, number> = {}

const runtime = await connectRuntime({
  addresses: { brokers: task.brokers, registryUrl: task.registryUrl },
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
const opened = await openRedisStore(task.redisUrl, task.prefix)
const store = notedStore(opened, ({ side, partition }, { nextOffset }) => {
  if (side === 'user') userOffsets[partition] = nextOffset
})
const running = await startFeatureStore(runtime, { config: benchFeatures(), store })
setInterval(() => {
  const { user, system } = process.cpuUsage()
  const report: MemberReport = { ...applied, userOffsets, cpuMicros: user + system }
  process.stdout.write(`report ${JSON.stringify(report)}\n`)
}, 100)
await running.done
