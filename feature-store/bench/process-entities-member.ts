/**
 * A features service as it runs for users, its sweeps included. Argument: the task. Writes every half second how far it is and what it
 * takes into the file that the task names.
 */
import { renameSync, writeFileSync } from 'node:fs'
import {
  collectRarely,
  connectRuntime,
  type Signals,
  silentLogger,
  silentSignals,
  streamsConfigSchema,
} from '#streams'
import { featureStoreConfigSchema } from '../config.ts'
import { keepSweeping } from '../expiry/process-expiry.ts'
import { startFeatureStore } from '../feature-store.ts'
import { openRedisStore } from '../redis-store.ts'
import { SIGNALS } from '../signals.ts'
import type { Task } from './contest.ts'
import { TYPES } from './workload.ts'

export interface EntitiesTask extends Task {
  entitiesMax: number
  reportFile: string
}

export interface EntitiesReport {
  /** Of both sides, the one that is behind. */
  applied: number
  /** Counted against the bound now. */
  entities: number
  dropped: number
  /** States removed from Redis. */
  removed: number
  rssMiB: number
}

const TOLD_EVERY_MS = 500

collectRarely() // as the command does
const task = JSON.parse(process.argv[2]!) as EntitiesTask
const { prefix, entitiesMax } = task
const applied = new Map<string, number>()
const entities = new Map<string, number>()
let [dropped, removed] = [0, 0]

const signals: Signals = {
  ...silentSignals,
  count(name, labels = {}, by = 1) {
    if (name === SIGNALS.recordsApplied)
      applied.set(labels['stage']!, (applied.get(labels['stage']!) ?? 0) + by)
    if (name === SIGNALS.statesExpired) removed += by
  },
}
const runtime = await connectRuntime({
  ...{ addresses: task, clientId: 'bench', log: silentLogger, signals },
  config: streamsConfigSchema.parse({ prefix }),
})
const config = featureStoreConfigSchema.parse({ interactionTypes: [...TYPES], limits: { entitiesMax } })
const store = await openRedisStore(task.redis, prefix)
const sweeping = keepSweeping({ log: silentLogger, signals }, { redis: task.redis, prefix, config })
const running = await startFeatureStore(runtime, {
  ...{ config, store },
  room: {
    hasRoom: () => sweeping.hasRoom(),
    told(told) {
      entities.set(told.tag, told.entities)
      dropped += told.dropped
      sweeping.told(told)
    },
  },
})
setInterval(tell, TOLD_EVERY_MS)
await running.done

function tell(): void {
  const report: EntitiesReport = {
    applied: Math.min(...['features-user', 'features-item'].map((stage) => applied.get(stage) ?? 0)),
    entities: [...entities.values()].reduce((sum, count) => sum + count, 0),
    ...{ dropped, removed },
    rssMiB: process.memoryUsage().rss / 2 ** 20,
  }
  writeFileSync(`${task.reportFile}.part`, JSON.stringify(report))
  renameSync(`${task.reportFile}.part`, task.reportFile)
}
