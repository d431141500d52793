import { createHash, randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { createRedis, type RedisAddress } from '#streams'
import { StoreEvictsError, StoreUnavailableError, StoreUnreachableError } from './errors.ts'
import { parseFence, wentBack, type ApplyAnswer, type Fence, type HeldFence } from './fence.ts'
import { readLua } from './fs-lua.ts'
import { applyCommand, type ScriptCall } from './redis-apply-command.ts'
import { askRedis, throughOutage } from './redis-outage.ts'
import type { ApplyRequest, FreshPartition, StateKey, StateStore, StoreReading } from './state-store.ts'

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

const CONNECT_TIMEOUT_MS = 3_000
const RECONNECT_DELAY_MS_MAX = 1_000
const POLL_MS = 10
const SCAN_COUNT = 1_000

/**
 * Connects to Redis. `namespace` comes before every key, so that a shadow or a second loop keeps to itself.
 * Throws StoreUnreachableError or StoreEvictsError, both for an operator to mend.
 *
 * Keys of one call share a hash tag, except in `read`: on Redis Cluster that one must be split by tag.
 */
export async function openRedisStore(
  where: RedisAddress,
  namespace: string,
  options: RedisStoreOptions = {},
): Promise<StateStore> {
  const { commandTimeoutMs = 2_000, readKeysMax = 20_000, outageMsMax = 0, watchEveryMs = 1_000 } = options
  const address = addressOf(where.url)
  const redis = createRedis(where, {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: commandTimeoutMs,
    retryStrategy: (attempt) => Math.min(50 * attempt, RECONNECT_DELAY_MS_MAX),
    // After a fail-over the same name may lead elsewhere.
    reconnectOnError: (error) => /\bREADONLY\b/.test(error.message),
  })
  let lastError: unknown
  redis.on('error', (error) => {
    lastError = error
  })
  try {
    // ioredis' own deadlines do not cover the INFO of its ready check: a mute port would hang for ever.
    await within(CONNECT_TIMEOUT_MS + commandTimeoutMs, redis.connect())
    await refuseEviction(redis, address)
  } catch (cause) {
    redis.disconnect()
    throw cause instanceof StoreEvictsError ? cause : new StoreUnreachableError(address, lastError ?? cause)
  }

  const acquireScript = scriptOf('acquire')
  const applyScript = scriptOf('apply')
  const fenceKey = (tag: string) => `${namespace}:${tag}`
  const stateKey = (tag: string, id: string) => `${fenceKey(tag)}:${id}` // likewise in applyCommand

  const ask = <T>(operation: string, call: () => Promise<T>): Promise<T> =>
    throughOutage(outageMsMax, () => askRedis(operation, call))

  /** By its hash, which is short; with its text when this Redis does not know it. */
  async function evaluate(script: Script, send: (call: ScriptCall) => Promise<unknown>): Promise<unknown> {
    try {
      return await send({ name: 'evalsha', script: script.sha1 })
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return await send({ name: 'eval', script: script.text })
    }
  }

  async function applyOnce(request: ApplyRequest): Promise<ApplyAnswer> {
    const send = (call: ScriptCall) => {
      const command = applyCommand(call, fenceKey(request.tag), request)
      void redis.sendCommand(command)
      return command.promise
    }
    return answerOf(await askRedis('write a batch', () => evaluate(applyScript, send)))
  }

  async function read(wanted: {
    fences: readonly string[]
    blobs: readonly StateKey[]
  }): Promise<StoreReading> {
    const tags = [...new Set([...wanted.fences, ...wanted.blobs.map(({ tag }) => tag)])]
    const keys = tags.map(fenceKey)
    for (const { tag, id } of wanted.blobs) keys.push(stateKey(tag, id))
    const values: (Buffer | null)[] = []
    for (let first = 0; first < keys.length; first += readKeysMax) {
      const some = keys.slice(first, first + readKeysMax)
      for (const value of await ask('read states', () => redis.mgetBuffer(some))) values.push(value)
    }
    const fences = new Map(
      tags.map((tag, i) => [tag, values[i] ? parseFence(values[i].toString('latin1')) : null]),
    )
    return {
      fences: wanted.fences.map((tag) => fences.get(tag) ?? null),
      blobs: wanted.blobs.map(({ tag }, i) =>
        blobOf(values[tags.length + i] ?? null, fences.get(tag)?.storeId),
      ),
    }
  }

  return {
    async acquire(tag: string, { startOffset, rebuildUntilOffset }: FreshPartition): Promise<Fence> {
      const storeId = randomBytes(6).toString('base64url')
      return ask('take a partition over', async () =>
        parseFence(
          String(
            await evaluate(acquireScript, ({ name, script }) =>
              redis[name](script, 1, fenceKey(tag), storeId, startOffset, rebuildUntilOffset),
            ),
          ),
        ),
      )
    },
    apply: (request: ApplyRequest): Promise<ApplyAnswer> =>
      throughOutage(outageMsMax, async (attempt) => {
        const answer = await applyOnce(request)
        // Nobody else writes in this epoch: the fence stands there because of an attempt whose answer was lost.
        const ours = attempt > 1 && answer.kind === 'stale' && answer.nextOffset === request.nextOffset
        return ours ? { kind: 'applied' } : answer
      }),
    read,
    async waitUntil(tag: string, offset: number, waitMs: number): Promise<boolean> {
      const untilMs = performance.now() + waitMs
      for (;;) {
        const text = await ask('read a fence', () => redis.get(fenceKey(tag)))
        if (text !== null && parseFence(text).nextOffset >= offset) return true
        if (performance.now() >= untilMs) return false
        await sleep(POLL_MS)
      }
    },
    watch(held: () => HeldFence[], lost: (tag: string) => void) {
      let watching = true
      const look = async () => {
        while (watching) {
          await sleep(watchEveryMs)
          const expected = held()
          if (!watching || expected.length === 0) continue
          const texts = await redis.mget(expected.map(({ tag }) => fenceKey(tag))).catch(() => null)
          if (!watching || texts === null) continue // unreachable is not lost; the writers will say so
          const gone = expected.find((fence, i) => wentBack(fence, texts[i] ? parseFence(texts[i]) : null))
          if (gone === undefined) continue
          watching = false
          lost(gone.tag)
        }
      }
      void look()
      return () => {
        watching = false
      }
    },
    async *scan(tag: string) {
      const prefix = stateKey(tag, '')
      let cursor = '0'
      const seen = new Set<string>()
      do {
        const [next, found] = await ask('list states', () =>
          redis.scan(cursor, 'MATCH', `${globEscaped(prefix)}*`, 'COUNT', SCAN_COUNT),
        )
        cursor = next
        const ids = found.map((key) => key.slice(prefix.length)).filter((id) => !seen.has(id))
        const { blobs } = await read({ fences: [], blobs: ids.map((id) => ({ tag, id })) })
        for (const [index, id] of ids.entries()) {
          seen.add(id)
          const blob = blobs[index]
          if (blob) yield { id, blob }
        }
      } while (cursor !== '0')
    },
    async close() {
      redis.disconnect()
    },
  }
}

/** A value is the id of the store it was written in, then the blob; one from before the fence was born is no state. */
function blobOf(value: Buffer | null, storeId: string | undefined): Buffer | null {
  if (value === null || storeId === undefined) return null
  const idLength = storeId.length
  return value.toString('latin1', 0, idLength) === storeId ? value.subarray(idLength) : null
}

interface Script {
  text: string
  sha1: string
}

function scriptOf(name: 'acquire' | 'apply'): Script {
  const text = readLua(name)
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}

function answerOf(reply: unknown): ApplyAnswer {
  const [code, next] = Array.isArray(reply) ? (reply as unknown[]).map(String) : []
  switch (code) {
    case 'APPLIED':
      return { kind: 'applied' }
    case 'STALE':
      return { kind: 'stale', nextOffset: Number(next) }
    case 'GAP':
      return { kind: 'gap', nextOffset: Number(next) }
    case 'FENCED':
      return { kind: 'fenced' }
    case 'LOST':
      return { kind: 'lost' }
    default:
      throw new StoreUnavailableError('write a batch', new Error(`unknown answer ${String(code)}`))
  }
}

/** Eviction would lose states without a trace. A user without the right to ask is believed. */
async function refuseEviction(redis: Redis, address: string): Promise<void> {
  const memory = await redis.info('memory').catch((error: unknown) => {
    if (error instanceof Error && error.message.startsWith('NOPERM')) return ''
    throw error
  })
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1] ?? 'noeviction'
  if (policy !== 'noeviction') throw new StoreEvictsError(address, policy)
}

/** Without the password. */
function addressOf(url: string): string {
  try {
    return new URL(url).host
  } catch {
    return url
  }
}

const globEscaped = (text: string) => text.replace(/[*?[\]\\]/g, (special) => `\\${special}`)
async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${String(limitMs)} ms`)), limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Does not keep a process alive: whoever waits holds a connection that does. */
const sleep = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms).unref())
