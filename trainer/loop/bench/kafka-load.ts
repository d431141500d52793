import { setTimeout as sleep } from 'node:timers/promises'
import type { RankRequest } from '#schemas'
import type { Runtime } from '#streams'
import { quantilesOf } from '../report/index.ts'
import { until } from '#streams/testing'

export interface KafkaLoad {
  requestsPerSecond: number
  /** From before a request is written until its prediction has been read, ms. */
  p50: number
  p99: number
  /** Answers without a model. */
  failed: number
}

type Ask = () => Omit<RankRequest, 'occurredAtMs'>

/** All at once: how many a second are answered. Its latencies say nothing but how long the line was. */
export const floodKafka = (runtime: Runtime, ask: Ask, count: number): Promise<KafkaLoad> =>
  loadKafka(runtime, ask, { count, perSecond: Infinity })

/** An open load: requests come at their rate, whether or not answers do. */
export const streamKafka = (
  runtime: Runtime,
  ask: Ask,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<KafkaLoad> => loadKafka(runtime, ask, { perSecond, count: Math.round(perSecond * seconds) })

const ALL_SENT_TOGETHER_MAX = 500

async function loadKafka(
  runtime: Runtime,
  ask: Ask,
  { count, perSecond }: { count: number; perSecond: number },
): Promise<KafkaLoad> {
  const { clock } = runtime
  const sentAtMs = new Map<string, number>()
  const latencies: number[] = []
  let [failed, lastMs] = [0, 0]
  const follower = await runtime.follow({
    ...{ name: 'score-load', topic: 'predictions', startFrom: 'latest' },
    record({ value }) {
      const atMs = value === null ? undefined : sentAtMs.get(value.requestId)
      if (value === null || atMs === undefined) return
      sentAtMs.delete(value.requestId)
      lastMs = clock.nowMs()
      latencies.push(lastMs - atMs)
      if (value.fallbackReason !== null) failed += 1
    },
  })
  await follower.ready
  const outputs = await runtime.outputs('score-load')
  const startedMs = clock.nowMs()
  const flushes: Promise<void>[] = []
  for (let sent = 0; sent < count;) {
    const dueMs = clock.nowMs() - startedMs
    const due = Math.min(count, Number.isFinite(perSecond) ? Math.floor((dueMs * perSecond) / 1_000) : count)
    for (const until = Math.min(due, sent + ALL_SENT_TOGETHER_MAX); sent < until; sent++) {
      const value = { ...ask(), occurredAtMs: clock.nowMs() }
      sentAtMs.set(value.requestId, value.occurredAtMs)
      outputs.add('requests', { key: value.userId, value })
    }
    flushes.push(outputs.flush())
    await sleep(1)
  }
  await Promise.all(flushes)
  await until('all requests to be answered', () => Promise.resolve(sentAtMs.size === 0))
  await follower.stop()
  await outputs.close()
  const { p50, p99 } = quantilesOf(latencies)!
  return { requestsPerSecond: (count * 1_000) / (lastMs - startedMs), p50, p99, failed }
}
