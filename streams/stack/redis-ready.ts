import { Redis } from 'ioredis'

const REQUEST_LIMIT_MS = 2_000

/** One try: PING answered (not LOADING), and by our process when `pid` is given. */
export async function checkRedis(url: string, pid?: number): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    connectTimeout: REQUEST_LIMIT_MS,
    commandTimeout: REQUEST_LIMIT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
  })
  // The cause of a failed connect is told here, connect() itself only says "Connection is closed".
  let cause: Error | undefined
  redis.on('error', (error: Error) => {
    cause = error
  })
  try {
    await redis.connect()
    await redis.ping()
    if (pid !== undefined) {
      const answering = Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1])
      if (answering !== pid) throw new Error(`process ${answering} answers there, ours is ${pid}`)
    }
  } catch (error) {
    throw cause ?? error
  } finally {
    redis.disconnect()
  }
}
