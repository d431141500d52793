import { randomUUID } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { createRedis } from '#streams'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { REDIS_COMMANDS } from '#streams/testing'
import { openRedisStore } from './redis-store.ts'
import type { StateStore } from './state-store.ts'
import { fenceModel } from './testing/fence-model.ts'
import { stateStoreConformance } from './testing/state-store-conformance.ts'

const stack = inject('stack')

describe.skipIf(stack === null)('Redis store', () => {
  const { redis } = stack ?? { redis: { url: '' } }
  const opened: StateStore[] = []
  const admin = createRedis(redis, { lazyConnect: true })
  const namespaces: string[] = []

  async function open() {
    const namespace = `test-${randomUUID()}`
    namespaces.push(namespace)
    const store = await openRedisStore(redis, namespace, { watchEveryMs: 5 })
    opened.push(store)
    const loseFence = async (tag: string) => void (await admin.del(`${namespace}:${tag}`))
    let remembered = new Map<string, Buffer>()
    return {
      store,
      namespace,
      flush: () => forget(namespace),
      loseFence,
      remember: async () => void (remembered = await everything(namespace)),
      async comeBack() {
        await forget(namespace)
        for (const [key, value] of remembered) await admin.restore(key, 0, value)
      },
    }
  }

  async function everything(namespace: string): Promise<Map<string, Buffer>> {
    const keys = await admin.keys(`${namespace}:*`)
    const values = await Promise.all(keys.map((key) => admin.dumpBuffer(key)))
    return new Map(keys.flatMap((key, at) => (values[at] ? [[key, values[at]]] : [])))
  }

  async function forget(namespace: string): Promise<void> {
    let cursor = '0'
    do {
      const [next, keys] = await admin.scan(cursor, 'MATCH', `${namespace}:*`, 'COUNT', 1_000)
      cursor = next
      if (keys.length > 0) await admin.del(keys)
    } while (cursor !== '0')
  }

  afterAll(async () => {
    for (const store of opened) await store.close()
    for (const namespace of namespaces) await forget(namespace)
    admin.disconnect()
  })

  stateStoreConformance(open)

  it('keeps every offset once whatever owners, zombies and crashes do', () => fenceModel(open, 25))

  it('reads more keys than one MGET may hold, in order', async () => {
    const namespace = `test-${randomUUID()}`
    namespaces.push(namespace)
    const store = await openRedisStore(redis, namespace, { readKeysMax: 7 })
    opened.push(store)
    const tag = '{t.0}:x'
    const fence = await store.acquire(tag, { startOffset: 0, rebuildUntilOffset: 0 })
    const writes = Array.from({ length: 40 }, (_, i) => ({ id: String(i), blob: Buffer.from(String(i)) }))
    const rest = { deletes: [], sourceHighs: new Map(), streamTimeMs: 1, appliedAtMs: 1 }
    await store.apply({ tag, ...fence, ...rest, expectedOffset: 0, nextOffset: 40, writes })
    const { fences, blobs } = await store.read({
      fences: [tag],
      blobs: writes.map(({ id }) => ({ tag, id })),
    })
    expect(fences[0]!.nextOffset).toBe(40)
    expect(blobs.map(String)).toEqual(writes.map(({ id }) => id))
  })

  it('finds its scripts again after they were flushed from the server', async () => {
    const { store } = await open()
    await admin.script('FLUSH')
    await expect(store.acquire('{t.0}:x', { startOffset: 0, rebuildUntilOffset: 0 })).resolves.toMatchObject({
      epoch: 1,
    })
  })

  it('says who went back, to the owner of an idle partition too', async () => {
    const { store, flush } = await open()
    const fence = await store.acquire('{t.0}:x', { startOffset: 0, rebuildUntilOffset: 0 })
    const lost = new Promise((tell) => {
      store.watch(() => [{ tag: '{t.0}:x', storeId: fence.storeId, nextOffset: 0 }], tell)
    })
    await flush()
    expect(await lost).toBe('{t.0}:x')
  })

  it('refuses a fence it does not know', async () => {
    const { store, namespace } = await open()
    await admin.set(`${namespace}:{t.0}:x`, '2 something new')
    const acquired = store.acquire('{t.0}:x', { startOffset: 0, rebuildUntilOffset: 0 })
    await expect(acquired).rejects.toThrow('FORMAT not a fence')
  })

  it('writes once although the answer to the first attempt is lost', async () => {
    const { store, namespace } = await open()
    const url = new URL(redis.url)
    let answersToLose = 0
    const lossy = createServer((client) => {
      const server = connect(Number(url.port), url.hostname)
      client.pipe(server)
      server.on('data', (bytes) => {
        if (answersToLose === 0 || !bytes.toString().includes('APPLIED')) return client.write(bytes)
        answersToLose--
        return client.destroy()
      })
      client.on('error', () => server.destroy()).on('close', () => server.destroy())
      server.on('error', () => client.destroy())
    })
    await new Promise<void>((listening) => lossy.listen(0, '127.0.0.1', listening))
    const through = `redis://127.0.0.1:${String((lossy.address() as { port: number }).port)}${url.pathname}`
    const behind = await openRedisStore({ url: through }, namespace, { outageMsMax: 60_000 })
    opened.push(behind)
    const tag = '{t.0}:x'
    const fence = await behind.acquire(tag, { startOffset: 0, rebuildUntilOffset: 0 })
    const rest = { writes: [], deletes: [], sourceHighs: new Map(), streamTimeMs: 1, appliedAtMs: 1 }
    answersToLose = 1
    const batch = { tag, ...fence, ...rest, expectedOffset: 0, nextOffset: 5 }
    expect(await behind.apply(batch)).toEqual({ kind: 'applied' })
    expect(answersToLose).toBe(0)
    expect((await store.read({ fences: [tag], blobs: [] })).fences[0]!.nextOffset).toBe(5)
    expect(await behind.apply(batch)).toEqual({ kind: 'stale', nextOffset: 5 })
    await behind.close()
    await new Promise((closed) => lossy.close(closed))
  })

  it('says where no Redis answers, and does not hang', async () => {
    const silent = createServer((socket) => void socket.resume())
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening))
    const { port } = silent.address() as { port: number }
    const refused = openRedisStore({ url: 'redis://127.0.0.1:1' }, 'x')
    await expect(refused).rejects.toMatchObject({
      code: 'store_unreachable',
      policy: 'operator',
      message: expect.stringContaining('No Redis answers at 127.0.0.1:1'),
    })
    const mute = openRedisStore({ url: `redis://127.0.0.1:${String(port)}` }, 'x', { commandTimeoutMs: 100 })
    await expect(mute).rejects.toMatchObject({ code: 'store_unreachable' })
    await new Promise((closed) => silent.close(closed))
  })

  // `feedloop doctor` tries these and OPERATIONS.md lists them: nothing more may be needed.
  it('needs no rights but those that are documented', async () => {
    const namespace = `test-${randomUUID()}`
    namespaces.push(namespace)
    const rights = REDIS_COMMANDS.map((command) => `+${command}`)
    await admin.call('ACL', 'SETUSER', namespace, 'on', '>secret', `~${namespace}:*`, ...rights)
    try {
      const url = redis.url.replace('redis://', `redis://${namespace}:secret@`)
      const store = await openRedisStore({ url }, namespace)
      opened.push(store)
      const tag = '{t.0}:x'
      const fence = await store.acquire(tag, { startOffset: 0, rebuildUntilOffset: 0 })
      const rest = { sourceHighs: new Map(), streamTimeMs: 1, appliedAtMs: 1 }
      const writes = [{ id: 'a', blob: Buffer.from('a') }]
      const batch = { tag, ...fence, ...rest, expectedOffset: 0, nextOffset: 5, writes, deletes: ['b'] }
      expect(await store.apply(batch)).toEqual({ kind: 'applied' })
      expect(await store.waitUntil(tag, 5, 0)).toBe(true)
      for await (const { id } of store.scan(tag)) expect(id).toBe('a')
      expect((await store.read({ fences: [tag], blobs: [{ tag, id: 'a' }] })).blobs.map(String)).toEqual([
        'a',
      ])
    } finally {
      await admin.call('ACL', 'DELUSER', namespace)
    }
  })

  it('refuses a Redis that evicts', async () => {
    const evicting = createServer((socket) => {
      const told = 'redis_version:7.0.15\r\nloading:0\r\nmaxmemory_policy:allkeys-lru\r\n'
      socket.on('data', (bytes) => {
        for (const _ of bytes.toString().matchAll(/^\*\d+\r$/gm))
          socket.write(`$${String(told.length)}\r\n${told}\r\n`)
      })
      socket.on('error', () => undefined)
    })
    await new Promise<void>((listening) => evicting.listen(0, '127.0.0.1', listening))
    const { port } = evicting.address() as { port: number }
    await expect(openRedisStore({ url: `redis://127.0.0.1:${String(port)}` }, 'x')).rejects.toMatchObject({
      code: 'store_evicts',
      policy: 'operator',
      message: expect.stringContaining('maxmemory-policy allkeys-lru'),
    })
    await new Promise((closed) => evicting.close(closed))
  })
})
