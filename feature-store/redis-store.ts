import { randomBytes } from 'node:crypto'
import type { RedisAddress, RedisClient } from '#streams'
import { StoreUnavailableError } from './errors.ts'
import {
  fenceOfOther,
  formatHighs,
  parseFence,
  type ApplyAnswer,
  type Fence,
  type HeldFence,
} from './fence.ts'
import { applyCommand, type ScriptCall } from './redis-apply-command.ts'
import { connectRedis } from './redis-connect.ts'
import { askRedis, throughOutage } from './redis-outage.ts'
import { readActivity, readFences, readStates, scanStates, type Ask } from './redis-read.ts'
import { answerOf, evaluate, scriptOf } from './redis-scripts.ts'
import { fixedKeys, followServing, type ServedKeys } from './redis-serving.ts'
import { sleep } from './redis-sleep.ts'
import { watchFences } from './redis-watch.ts'
import type { ApplyRequest, FreshPartition, StateStore, WhyLost } from './state-store.ts'

export interface RedisStoreOptions {
  /** Deadline of every command. */
  commandTimeoutMs?: number
  /** Keys in one MGET; more are asked in several. */
  readKeysMax?: number
  /** How often held fences are looked at. */
  watchEveryMs?: number
  /** How long a call is tried again while Redis does not answer or refuses; 0 for readers, who answer without. */
  outageMsMax?: number
  /** Key of a pointer (serving.ts) that may name another namespace, at any time; left out: it is always the one given. */
  servingKey?: string
  /** How often the pointer is looked at. */
  servingEveryMs?: number
}

const POLL_MS = 10
/** A switch is seen by all within this. */
const SERVING_EVERY_MS = 250
const NO_HIGHS: ReadonlyMap<number, number> = new Map()

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
  const served = await servedKeys(redis, namespace, options)
  const ask: Ask = (operation, call) => throughOutage(outageMsMax, () => askRedis(operation, call, explain))
  const reading = () => ({ redis, keys: served.current(), ask, readKeysMax })
  const fenceKey = (tag: string) => served.current().fence(tag)

  async function applyOnce(request: ApplyRequest): Promise<ApplyAnswer> {
    const send = (call: ScriptCall) => {
      const command = applyCommand(call, fenceKey(request.tag), request)
      void redis.sendCommand(command)
      return command.promise
    }
    return answerOf(await askRedis('write a batch', () => evaluate(applyScript, send), explain))
  }

  return {
    async acquire(tag: string, fresh: FreshPartition): Promise<Fence> {
      const { startOffset, rebuildUntilOffset, topic, sourceHighs = NO_HIGHS } = fresh
      const keys = served.current()
      const storeId = randomBytes(6).toString('base64url')
      const fence = keys.fence(tag)
      const { text, whenChanged } = topic ?? { text: '-', whenChanged: 'refuse' }
      const given = [storeId, startOffset, rebuildUntilOffset, text, whenChanged, formatHighs(sourceHighs)]
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
    activity: (tag) => readActivity(reading(), tag),
    read: (wanted) => readStates(reading(), wanted),
    fences: (tags) =>
      askRedis('read fences', () => readFences(redis, tags.map(served.current().fence)), explain).then(
        (texts) => texts.map((text) => (text === null ? null : parseFence(text))),
      ),
    async waitUntil(tag: string, offset: number, waitMs: number): Promise<boolean> {
      const untilMs = performance.now() + waitMs
      for (;;) {
        const text = await ask('read a fence', () => redis.get(fenceKey(tag)))
        if (text !== null && parseFence(text).nextOffset >= offset) return true
        if (performance.now() >= untilMs) return false
        await sleep(POLL_MS)
      }
    },
    watch(held: () => HeldFence[], lost: (tag: string, why: WhyLost) => void) {
      const unwatch = watchFences(redis, { fenceKey, everyMs: watchEveryMs }, held, lost)
      const stay = served.onSwitch(() => {
        unwatch()
        lost(held()[0]?.tag ?? '', 'switched')
      })
      return () => {
        unwatch()
        stay()
      }
    },
    scan: (tag: string) => scanStates(reading(), tag),
    async close() {
      served.stop()
      redis.disconnect()
    },
  }
}

async function servedKeys(
  redis: RedisClient,
  namespace: string,
  { servingKey: pointerKey, servingEveryMs: everyMs = SERVING_EVERY_MS }: RedisStoreOptions,
): Promise<ServedKeys> {
  if (pointerKey === undefined) return fixedKeys(namespace)
  try {
    return await followServing(redis, { pointerKey, namespace, everyMs })
  } catch (error) {
    redis.disconnect()
    throw new StoreUnavailableError('ask which states are served', error)
  }
}

const CHANGED = 'CHANGED '

function acquiredFence(answer: string, tag: string, identity: string): Fence {
  if (answer.startsWith(CHANGED)) throw fenceOfOther(tag, answer.slice(CHANGED.length), identity)
  return parseFence(answer)
}
