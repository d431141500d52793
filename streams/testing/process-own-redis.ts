import { mkdtemp, readdir, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RedisAddress } from '../contract.ts'
import type { RedisAccess } from '../redis-access.ts'
import { redisLaunch } from '../stack/launch.ts'
import { cacheDirOf } from '../stack/layout.ts'
import { isSameProcess } from '../stack/process-identity.ts'
import { portProbe } from '../stack/process-ports.ts'
import { findRedis } from '../stack/process-redis.ts'
import { type StartedService, startService } from '../stack/process-service.ts'
import { pollUntil } from '../stack/process-wait.ts'
import { checkRedis } from '../stack/redis-ready.ts'
import { redisSettings } from '../stack/redis-settings.ts'
import { localAddress } from '../stack/stack-services.ts'
import { killProcess, openLeash } from './process-leash.ts'

export interface OwnRedisOptions {
  /** On top of what a local stack uses, as in redis.conf: `{ maxmemory: '20mb', replicaof: '127.0.0.1 6379' }`. */
  settings?: Readonly<Record<string, string | number>>
  /** Where it keeps its append-only file; its own folder when not given. */
  dataFolder?: string
  /** A free one when not given. */
  port?: number
  /** How it wants to be asked: TLS and a login, as its settings say. */
  access?: RedisAccess
  /** The whole redis.conf of a Sentinel; `settings` do not count. */
  sentinel?: string
}

/** A Redis of its own that may be harmed. */
export interface OwnRedis {
  readonly url: string
  /** With what `access` says. */
  readonly address: RedisAddress
  readonly port: number
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** Starts it again on the same port with what it had written. Resolves when it answers. */
  restart(): Promise<void>
  isAlive(): Promise<boolean>
  /** SIGSTOP: connections stay open and nothing answers. */
  freeze(): void
  thaw(): void
  /** Cuts this much off the end of the append-only file; killed before. Answers how long the file was. */
  cutTail(bytes: number): Promise<number>
  /** Kills it and removes every trace. Safe to call twice. */
  close(): Promise<void>
}

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
const READY_LIMIT_MS = 60_000
const POLL_MS = 20

/**
 * A Redis on a free port, in a temporary folder, gone at the end even when the test dies.
 *
 * @throws OperatorError when there is no Redis and none can be fetched
 */
export async function startOwnRedis(options: OwnRedisOptions = {}): Promise<OwnRedis> {
  const env = process.env
  const cacheDir = cacheDirOf(undefined, env, projectRoot)
  const command = await findRedis({ cacheDir, env, onProgress: () => undefined })
  const leash = openLeash()
  let running: StartedService
  let closed: Promise<void> | null = null
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-own-redis-'))
  leash.folder(folder)
  const dataFolder = options.dataFolder ?? folder
  const port = options.port ?? (await portProbe.anyFree())
  const plain = localAddress('redis', port)
  const url = options.access?.tls === undefined ? plain : plain.replace('redis:', 'rediss:')
  const address = { url, ...options.access }
  const settings = { dir: dataFolder, ...options.settings }
  await writeFile(path.join(folder, 'redis.conf'), options.sentinel ?? redisSettings(port, settings))
  const launch = redisLaunch(command)
  if (options.sentinel !== undefined) launch.args.push('--sentinel')

  async function start(): Promise<void> {
    running = await startService('redis', launch, {
      cwd: folder,
      logFile: path.join(folder, 'redis.log'),
      env,
    })
    await leash.process(running.pid)
    await pollUntil(() => checkRedis(address, running.pid), {
      everyMs: POLL_MS,
      limitMs: READY_LIMIT_MS,
      stillWorthIt: () => running.mustLive(),
    })
  }

  const close = (): Promise<void> => (closed ??= leash.pull())
  try {
    await start()
  } catch (error) {
    await close()
    throw error
  }
  return {
    url,
    address,
    port,
    kill: () => killProcess(running),
    restart: start,
    isAlive: () => isSameProcess(running),
    freeze: () => void process.kill(running.pid, 'SIGSTOP'),
    thaw: () => void process.kill(running.pid, 'SIGCONT'),
    async cutTail(bytes) {
      const file = await newestAppendFile(dataFolder)
      const { size } = await stat(file)
      await truncate(file, Math.max(0, size - bytes))
      return size
    },
    close,
  }
}

/** One file up to Redis 6.2, a folder of them from 7.0 on: the last increment is the one being written. */
async function newestAppendFile(dataFolder: string): Promise<string> {
  const folder = path.join(dataFolder, 'appendonlydir')
  const increments = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.incr.aof'))
  if (increments.length === 0) return path.join(dataFolder, 'appendonly.aof')
  const numberOf = (name: string): number => Number(/\.(\d+)\.incr/.exec(name)?.[1])
  return path.join(folder, increments.sort((a, b) => numberOf(a) - numberOf(b)).at(-1)!)
}
