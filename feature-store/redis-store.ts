import { randomBytes } from 'node:crypto'
import type { RedisAddress } from '#streams'
import { fenceOfOther, parseFence, type ApplyAnswer, type Fence, type HeldFence } from './fence.ts'
import { applyCommand, type ScriptCall } from './redis-apply-command.ts'
import { connectRedis } from './redis-connect.ts'
import { askRedis, throughOutage } from './redis-outage.ts'
import { readFences, readStates, scanStates, storeKeys, type Ask } from './redis-read.ts'
import { answerOf, evaluate, scriptOf } from './redis-scripts.ts'
import { sleep } from './redis-sleep.ts'
import { watchFences } from './redis-watch.ts'
import type { ApplyRequest, FreshPartition, StateStore } from './state-store.ts'

export interface RedisStoreOptions {
  /** Deadline of every command. */
  commandTimeoutMs?: number
  /** Keys in one MGET; more are asked in several. */
  readKeysMax?: number
  /** How often held fences are looked at. */
  watchEveryMs?: number
  /** How long a call is tried again while Redis does not answer or refuses; 0 for readers, who answer without. */
  outageMsMax?: number
}

const POLL_MS = 10

/**
 * Connects to Redis. `namespace` comes before every key, so that a shadow or a second loop keeps to itself.
 * Throws StoreUnreachableError or StoreEvictsError, both for an operator to mend.
 *
 * Keys of one call share a hash tag, except in `read`: a Redis Cluster is asked for each tag by itself.
 */
export async function openRedisStore(
  where: RedisAddress,
  namespace: string,
  options: RedisStoreOptions = {},
): Promise<StateStore> {
  const { commandTimeoutMs = 2_000, readKeysMax = 20_000, outageMsMax = 0, watchEveryMs = 1_000 } = options
  const { redis, explain } = await connectRedis(where, commandTimeoutMs)
  const acquireScript = scriptOf('acquire')
  const applyScript = scriptOf('apply')
  const keys = storeKeys(namespace)
  const ask: Ask = (operation, call) => throughOutage(outageMsMax, () => askRedis(operation, call, explain))
  const reading = { redis, keys, ask, readKeysMax }

  async function applyOnce(request: ApplyRequest): Promise<ApplyAnswer> {
    const send = (call: ScriptCall) => {
      const command = applyCommand(call, keys.fence(request.tag), request)
      void redis.sendCommand(command)
      return command.promise
    }
    return answerOf(await askRedis('write a batch', () => evaluate(applyScript, send), explain))
  }

  return {
    async acquire(tag: string, { startOffset, rebuildUntilOffset, topic }: FreshPartition): Promise<Fence> {
      const storeId = randomBytes(6).toString('base64url')
      const fence = keys.fence(tag)
      const { text, whenChanged } = topic ?? { text: '-', whenChanged: 'refuse' }
      const given = [storeId, startOffset, rebuildUntilOffset, text, whenChanged]
      const answer = await ask('take a partition over', () =>
        evaluate(acquireScript, ({ name, script }) =>
          redis[name](script, 2, fence, keys.identity(tag), ...given),
        ),
      )
      return acquiredFence(String(answer), tag, text)
    },
    apply: (request: ApplyRequest): Promise<ApplyAnswer> =>
      throughOutage(outageMsMax, async (attempt) => {
        const answer = await applyOnce(request)
        // Nobody else writes in this epoch: the fence stands there because of an attempt whose answer was lost.
        const ours = attempt > 1 && answer.kind === 'stale' && answer.nextOffset === request.nextOffset
        return ours ? { kind: 'applied' } : answer
      }),
    read: (wanted) => readStates(reading, wanted),
    fences: (tags) =>
      askRedis('read fences', () => readFences(redis, tags.map(keys.fence)), explain).then((texts) =>
        texts.map((text) => (text === null ? null : parseFence(text))),
      ),
    async waitUntil(tag: string, offset: number, waitMs: number): Promise<boolean> {
      const untilMs = performance.now() + waitMs
      for (;;) {
        const text = await ask('read a fence', () => redis.get(keys.fence(tag)))
        if (text !== null && parseFence(text).nextOffset >= offset) return true
        if (performance.now() >= untilMs) return false
        await sleep(POLL_MS)
      }
    },
    watch: (held: () => HeldFence[], lost: (tag: string) => void) =>
      watchFences(redis, { fenceKey: keys.fence, everyMs: watchEveryMs }, held, lost),
    scan: (tag: string) => scanStates(reading, tag),
    async close() {
      redis.disconnect()
    },
  }
}

const CHANGED = 'CHANGED '

function acquiredFence(answer: string, tag: string, identity: string): Fence {
  if (answer.startsWith(CHANGED)) throw fenceOfOther(tag, answer.slice(CHANGED.length), identity)
  return parseFence(answer)
}
