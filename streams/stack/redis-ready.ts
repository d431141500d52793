import type { RedisAddress } from '../contract.ts'
import { askRedisOnce } from '../redis-client.ts'

const REQUEST_LIMIT_MS = 2_000

/** One try: PING answered (not LOADING), and by our process when `pid` is given. */
export async function checkRedis(address: RedisAddress, pid?: number): Promise<void> {
  await askRedisOnce(address, REQUEST_LIMIT_MS, async (redis) => {
    await redis.ping()
    if (pid === undefined) return
    const answering = Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1])
    if (answering !== pid) throw new Error(`process ${answering} answers there, ours is ${pid}`)
  })
}
