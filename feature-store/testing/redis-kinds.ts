import { randomUUID } from 'node:crypto'
import { createRedis, primariesOf, type RedisAddress, type RedisClient } from '#streams'
import {
  type OwnRedis,
  REDIS_COMMANDS,
  type RedisCluster,
  type SecuredRedis,
  type SentinelRedis,
  startOwnRedis,
  startRedisCluster,
  startSecuredRedis,
  startSentinelRedis,
  until,
} from '#streams/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRedisStore, type RedisStoreOptions } from '../redis-store.ts'
import type { StateStore } from '../state-store.ts'
import { fenceModel } from './fence-model.ts'
import { stateStoreConformance } from './state-store-conformance.ts'

const START_MS = 60_000

/** Opens empty stores on a Redis that is there from `beforeAll` on, and closes them. */
function storesOn(address: () => RedisAddress, adminAddress: () => RedisAddress = address) {
  const opened: StateStore[] = []
  let admin: RedisClient | undefined
  const client = () => {
    if (admin !== undefined) return admin
    admin = createRedis(adminAddress())
    admin.on('error', () => undefined) // its commands fail with it
    return admin
  }
  const forget = async (namespace: string) => {
    await client().ping()
    for (const server of primariesOf(client()))
      for (const key of await server.keys(`${namespace}:*`)) await server.del(key)
  }

  async function open(options: RedisStoreOptions = {}) {
    const namespace = `test-${randomUUID()}`
    const store = await openRedisStore(address(), namespace, { watchEveryMs: 5, ...options })
    opened.push(store)
    return {
      store,
      namespace,
      flush: () => forget(namespace),
      loseFence: async (tag: string) => void (await client().del(`${namespace}:${tag}`)),
    }
  }
  async function close() {
    for (const store of opened) await store.close()
    admin?.disconnect()
  }
  return { open, close, client }
}

/** What the store must do on each kind of Redis; they are started by the redis-server that the stack would take. */
export function describeRedisKinds(): void {
  describe('one Redis', oneRedis)
  describe('Redis with TLS and users', securedRedis)
  describe('Redis found by a Sentinel', sentinelRedis)
  describe('Redis Cluster', redisCluster)
}

function oneRedis(): void {
  let own: OwnRedis
  const stores = storesOn(() => own.address)

  beforeAll(async () => {
    own = await startOwnRedis()
  }, START_MS)
  afterAll(async () => {
    await stores.close()
    await own.close()
  })

  stateStoreConformance(() => stores.open())
  it('keeps every offset once', () => fenceModel(() => stores.open(), 5))
}

function securedRedis(): void {
  let secured: SecuredRedis
  const rights = REDIS_COMMANDS.map((command) => `+${command}`).join(' ')
  const at = (access = secured.as('features', 'of-the-features')) => ({ ...secured.redis.address, ...access })
  const stores = storesOn(
    () => at(),
    () => secured.redis.address,
  )

  beforeAll(async () => {
    secured = await startSecuredRedis([`user features on >of-the-features ~test-* ${rights}`])
  }, START_MS)
  afterAll(async () => {
    await stores.close()
    await secured.close()
  })

  stateStoreConformance(() => stores.open())
  it('keeps every offset once', () => fenceModel(() => stores.open(), 5))
}

function sentinelRedis(): void {
  let found: SentinelRedis
  const stores = storesOn(() => found.address)

  beforeAll(async () => {
    found = await startSentinelRedis('of-the-sentinel')
  }, START_MS)
  afterAll(async () => {
    await stores.close()
    await found.close()
  })

  stateStoreConformance(() => stores.open())
  it('keeps every offset once', () => fenceModel(() => stores.open(), 5))

  it(
    'goes on with the replica when the primary dies',
    async () => {
      const { store } = await stores.open({ outageMsMax: 60_000, commandTimeoutMs: 500 })
      const tag = '{t.0}:x'
      await store.acquire(tag, { startOffset: 0, rebuildUntilOffset: 0 })
      await stores.client().call('WAIT', '1', '5000')
      await found.primary.kill()
      const fence = await store.acquire(tag, { startOffset: 0, rebuildUntilOffset: 0 })
      expect(fence.epoch).toBe(2)
    },
    START_MS,
  )
}

function redisCluster(): void {
  let cluster: RedisCluster
  const stores = storesOn(() => cluster.address)
  const tags = Array.from({ length: 12 }, (_, partition) => `{feed.interactions.v1.${String(partition)}}:x`)
  const rest = { deletes: [], sourceHighs: new Map(), streamTimeMs: 1, appliedAtMs: 1 }

  beforeAll(async () => {
    cluster = await startRedisCluster()
  }, START_MS)
  afterAll(async () => {
    await stores.close()
    await cluster.close()
  })

  stateStoreConformance(() => stores.open())
  it('keeps every offset once', () => fenceModel(() => stores.open(), 5))

  async function filled(store: StateStore) {
    for (const tag of tags) {
      const fence = await store.acquire(tag, { startOffset: 0, rebuildUntilOffset: 0 })
      const writes = ['a', 'b'].map((id) => ({ id, blob: Buffer.from(`${tag} ${id}`) }))
      const batch = { tag, ...fence, ...rest, expectedOffset: 0, nextOffset: 5, writes }
      expect(await store.apply(batch)).toEqual({ kind: 'applied' })
    }
  }
  const blobs = tags.flatMap((tag) => ['a', 'b', 'missing'].map((id) => ({ tag, id })))
  const expected = blobs.map(({ tag, id }) => (id === 'missing' ? null : `${tag} ${id}`))
  const texts = (found: readonly (Buffer | null)[]) => found.map((blob) => blob?.toString() ?? null)

  it('reads partitions of all servers in order, and scans each', async () => {
    const { store } = await stores.open({ readKeysMax: 2 })
    await filled(store)
    const reading = await store.read({ fences: tags, blobs })
    expect(reading.fences.map((fence) => fence?.nextOffset)).toEqual(tags.map(() => 5))
    expect(texts(reading.blobs)).toEqual(expected)
    for (const tag of tags) {
      const ids: string[] = []
      for await (const { id } of store.scan(tag)) ids.push(id)
      expect(ids.sort()).toEqual(['a', 'b'])
    }
  })

  it('follows a slot that moves to another server', async () => {
    const { store, namespace } = await stores.open()
    await filled(store)
    await moveSlots(namespace, tags.slice(0, 4))
    expect(texts((await store.read({ fences: tags, blobs })).blobs)).toEqual(expected)
    const fence = await store.acquire(tags[0]!, { startOffset: 0, rebuildUntilOffset: 0 })
    expect(fence).toMatchObject({ epoch: 2, nextOffset: 5 })
  })

  /**
   * As redis-cli --cluster reshard does it: import, migrate the keys, tell everyone. Then all must agree before the next
   * one: a server that does not know the new owner's epoch yet believes what the old one said before the move.
   */
  async function moveSlots(namespace: string, moved: string[]) {
    const admins = cluster.servers.map(({ url }) => createRedis({ url }))
    const ids = await Promise.all(admins.map((admin) => admin.cluster('MYID') as Promise<string>))
    const agreed = () =>
      until('all servers to agree on who has which slots', async () => {
        const views = await Promise.all(admins.map(viewOf))
        return views.every((view) => view === views[0])
      })
    await agreed()
    for (const tag of moved) {
      const slot = Number(await admins[0]!.cluster('KEYSLOT', `${namespace}:${tag}`))
      const from = ids.indexOf(await ownerOf(admins[0]!, slot))
      const to = (from + 1) % admins.length
      await admins[to]!.cluster('SETSLOT', slot, 'IMPORTING', ids[from]!)
      await admins[from]!.cluster('SETSLOT', slot, 'MIGRATING', ids[to]!)
      const { port } = cluster.servers[to]!
      // Other tests write thousands of keys under the same tag.
      for (;;) {
        const keys = (await admins[from]!.cluster('GETKEYSINSLOT', slot, 1_000)) as string[]
        if (keys.length === 0) break
        await admins[from]!.call('MIGRATE', '127.0.0.1', port, '', 0, 5_000, 'KEYS', ...keys)
      }
      for (const admin of [admins[to]!, admins[from]!, ...admins])
        await admin.cluster('SETSLOT', slot, 'NODE', ids[to]!)
      await agreed()
    }
    for (const admin of admins) admin.disconnect()
  }

  /** Not who has keys of it: a server that lost a slot may still hold some. */
  async function ownerOf(admin: RedisClient, slot: number): Promise<string> {
    const ranges = await admin.cluster('SLOTS')
    const [, , server] = ranges.find(([first, last]) => slot >= first && slot <= last)!
    return server![2]
  }

  /** Every server's epoch and slots, as one of them sees it. */
  async function viewOf(admin: RedisClient): Promise<string> {
    const nodes = String(await admin.cluster('NODES'))
    const lines = nodes.trim().split('\n')
    return lines
      .map((line) => line.split(' '))
      .map(([id, , , , , , epoch, , ...slots]) =>
        [id, epoch, ...slots.filter((one) => !one.startsWith('['))].join(' '),
      )
      .sort()
      .join('\n')
  }

  it(
    'fails soon for a server that is gone, and goes on when it is back',
    async () => {
      const { store } = await stores.open({ commandTimeoutMs: 500 })
      await filled(store)
      await cluster.servers[2]!.kill()
      const startMs = performance.now()
      await expect(store.read({ fences: tags, blobs })).rejects.toMatchObject({ code: 'store_unavailable' })
      expect(performance.now() - startMs).toBeLessThan(5_000)
      await cluster.servers[2]!.restart()
      await expect
        .poll(() => store.read({ fences: tags, blobs }).then((found) => texts(found.blobs), String), {
          timeout: 20_000,
        })
        .toEqual(expected)
    },
    START_MS,
  )

  it(
    'says which slots nobody serves',
    async () => {
      const broken = await startRedisCluster({ unservedSlots: 384 })
      try {
        await expect(openRedisStore(broken.address, 'x')).rejects.toMatchObject({
          policy: 'operator',
          message: expect.stringContaining('slots 16000-16383 are not served'),
        })
      } finally {
        await broken.close()
      }
    },
    START_MS,
  )
}
