import { expect, it } from 'vitest'
import type { ApplyRequest, StateStore } from '../state-store.ts'

export interface StoreUnderTest {
  store: StateStore
  /** Forgets everything of the store's namespace, as FLUSHALL does. */
  flush(): Promise<void>
  /** Forgets the fence of a partition and nothing else. */
  loseFence(tag: string): Promise<void>
  /** Remembers the store as it is, and comes back to that; where a store can. */
  remember?(): void | Promise<void>
  comeBack?(): void | Promise<void>
}

/** What every state store must do. Call inside a `describe`; `open` gives an empty store each time. */
export function stateStoreConformance(open: () => Promise<StoreUnderTest>): void {
  const tag = '{feed.interactions.v1.0}:0123456789abcdef'
  const fresh = { startOffset: 10, rebuildUntilOffset: 30 }
  const blob = (text: string) => Buffer.from(text)

  async function opened() {
    const { store, flush, loseFence } = await open()
    const fence = await store.acquire(tag, fresh)
    const request = (changes: Partial<ApplyRequest>): ApplyRequest => ({
      tag,
      storeId: fence.storeId,
      epoch: fence.epoch,
      expectedOffset: 10,
      nextOffset: 20,
      writes: [{ id: 'u1', blob: blob('one') }],
      deletes: [],
      sourceHighs: new Map(),
      streamTimeMs: 1_000,
      appliedAtMs: 5,
      ...changes,
    })
    const read = async (...ids: string[]) => {
      const { fences, blobs } = await store.read({ fences: [tag], blobs: ids.map((id) => ({ tag, id })) })
      return { fence: fences[0], texts: blobs.map((found) => found?.toString() ?? null) }
    }
    return { store, flush, loseFence, fence, request, read }
  }

  it('knows nothing of a partition nobody acquired', async () => {
    const { store } = await open()
    expect(await store.read({ fences: [tag], blobs: [{ tag, id: 'u1' }] })).toEqual({
      fences: [null],
      blobs: [null],
    })
    expect(await store.fences([tag])).toEqual([null])
    expect(await store.waitUntil(tag, 1, 20)).toBe(false)
  })

  it('tells fences alone', async () => {
    const { store, fence } = await opened()
    expect(await store.fences(['{feed.users.v1.0}:0123456789abcdef', tag])).toEqual([null, fence])
  })

  it('begins a new partition where it is told', async () => {
    const { fence } = await opened()
    expect(fence).toMatchObject({
      epoch: 1,
      nextOffset: 10,
      rebuildUntilOffset: 30,
      streamTimeMs: -1,
      appliedAtMs: -1,
    })
    expect(fence.sourceHighs.size).toBe(0)
    expect(fence.storeId).not.toBe('')
  })

  it('counts owners and keeps the rest when a partition is taken over', async () => {
    const { store, fence, request } = await opened()
    await store.apply(
      request({
        sourceHighs: new Map([
          [2, 7],
          [0, 3],
        ]),
      }),
    )
    const again = await store.acquire(tag, { startOffset: 0, rebuildUntilOffset: 99 })
    expect(again).toEqual({
      storeId: fence.storeId,
      epoch: 2,
      nextOffset: 20,
      rebuildUntilOffset: 30,
      streamTimeMs: 1_000,
      appliedAtMs: 5,
      sourceHighs: new Map([
        [0, 3],
        [2, 7],
      ]),
    })
  })

  it('writes states and offset together', async () => {
    const { store, request, read } = await opened()
    const bytes = Buffer.from([0, 255, 13, 10, 128, 0])
    expect(await store.apply(request({ writes: [{ id: 'u {1}:é', blob: bytes }] }))).toEqual({
      kind: 'applied',
    })
    const { blobs } = await store.read({ fences: [], blobs: [{ tag, id: 'u {1}:é' }] })
    expect(blobs[0]!.equals(bytes)).toBe(true)
    expect((await read()).fence).toMatchObject({ nextOffset: 20, streamTimeMs: 1_000, appliedAtMs: 5 })
    expect(await store.waitUntil(tag, 20, 0)).toBe(true)
    expect(await store.waitUntil(tag, 21, 20)).toBe(false)
  })

  // Around the hundred that our script writes at once, and more than Lua can unpack.
  it.each([1, 99, 100, 101, 250, 9_000])('writes %i states in one call', async (count) => {
    const { store, request, read } = await opened()
    const ids = Array.from({ length: count }, (_, i) => `u${String(i)}`)
    const writes = ids.map((id) => ({ id, blob: blob(`of ${id}`) }))
    expect(await store.apply(request({ writes }))).toEqual({ kind: 'applied' })
    expect((await read(...ids)).texts).toEqual(ids.map((id) => `of ${id}`))
  })

  it('deletes, and moves the offset without any state', async () => {
    const { store, request, read } = await opened()
    await store.apply(
      request({
        writes: [
          { id: 'a', blob: blob('a') },
          { id: 'b', blob: blob('b') },
        ],
      }),
    )
    const next = { expectedOffset: 20, nextOffset: 25, writes: [] }
    expect(await store.apply(request({ ...next, deletes: ['a', 'nobody'] }))).toEqual({ kind: 'applied' })
    expect((await read('a', 'b')).texts).toEqual([null, 'b'])
    expect(await store.apply(request({ ...next, expectedOffset: 25, nextOffset: 26 }))).toEqual({
      kind: 'applied',
    })
  })

  it('never lets stream time go back, and keeps source highs that are not named', async () => {
    const { store, request, read } = await opened()
    await store.apply(request({ sourceHighs: new Map([[1, 4]]) }))
    await store.apply(request({ expectedOffset: 20, nextOffset: 21, streamTimeMs: -1 }))
    expect((await read()).fence).toMatchObject({ streamTimeMs: 1_000, sourceHighs: new Map([[1, 4]]) })
  })

  it('keeps what was active, and the horizon once there is one, with the states', async () => {
    const { store, loseFence, request, read } = await opened()
    expect(await store.activity(tag)).toBeNull()
    const bytes = Buffer.from([1, 0, 255, 10])
    await store.apply(request({ activity: { blob: bytes, horizonMs: -1 } }))
    expect((await store.activity(tag))!.equals(bytes)).toBe(true)
    expect((await read()).fence).not.toHaveProperty('horizonMs')
    const next = { expectedOffset: 20, nextOffset: 21, sourceHighs: new Map([[3, 9]]) }
    await store.apply(request({ ...next, activity: { blob: bytes, horizonMs: 700 } }))
    await store.apply(request({ expectedOffset: 21, nextOffset: 22 }))
    expect((await read()).fence).toMatchObject({
      horizonMs: 700,
      nextOffset: 22,
      sourceHighs: next.sourceHighs,
    })
    const stale = request({ activity: { blob: Buffer.from('old'), horizonMs: 800 } })
    expect((await store.apply(stale)).kind).toBe('stale')
    expect((await store.activity(tag))!.equals(bytes)).toBe(true)
    const found: string[] = []
    for await (const { id } of store.scan(tag)) found.push(id)
    expect(found).toEqual(['u1'])
    expect(await store.acquire(tag, fresh)).toMatchObject({ epoch: 2, horizonMs: 700 })
    await loseFence(tag)
    await store.acquire(tag, fresh)
    expect(await store.activity(tag)).toBeNull()
  })

  it('answers STALE with its position and writes nothing', async () => {
    const { store, request, read } = await opened()
    await store.apply(request({}))
    const stale = request({ nextOffset: 15, writes: [{ id: 'u1', blob: blob('old') }] })
    expect(await store.apply(stale)).toEqual({ kind: 'stale', nextOffset: 20 })
    for (const nextOffset of [20, 25]) {
      expect(await store.apply({ ...stale, nextOffset })).toEqual({ kind: 'stale', nextOffset: 20 })
    }
    expect((await read('u1')).texts).toEqual(['one'])
  })

  it('answers GAP with its position and writes nothing', async () => {
    const { store, request, read } = await opened()
    expect(await store.apply(request({ expectedOffset: 11 }))).toEqual({ kind: 'gap', nextOffset: 10 })
    expect((await read('u1')).texts).toEqual([null])
  })

  it('answers FENCED to an earlier owner, whatever its offsets', async () => {
    const { store, request, read } = await opened()
    await store.acquire(tag, fresh)
    for (const expectedOffset of [9, 10, 11]) {
      expect(await store.apply(request({ expectedOffset }))).toEqual({ kind: 'fenced' })
    }
    expect((await read('u1')).texts).toEqual([null])
  })

  it('answers LOST when its data are gone, or were begun anew', async () => {
    const { store, flush, fence, request } = await opened()
    await flush()
    expect(await store.apply(request({}))).toEqual({ kind: 'lost' })
    const anew = await store.acquire(tag, fresh)
    expect(anew.storeId).not.toBe(fence.storeId)
    expect(await store.apply(request({}))).toEqual({ kind: 'lost' })
    expect(await store.apply(request({ storeId: anew.storeId, epoch: anew.epoch }))).toEqual({
      kind: 'applied',
    })
  })

  it('takes states from before the fence was born for none', async () => {
    const { store, loseFence, request, read } = await opened()
    await store.apply(request({}))
    await loseFence(tag)
    expect((await read('u1')).texts).toEqual([null])
    const anew = await store.acquire(tag, fresh)
    expect(anew).toMatchObject({ epoch: 1, nextOffset: 10 })
    expect((await read('u1')).texts).toEqual([null])
    const writes = [{ id: 'u2', blob: blob('two') }]
    await store.apply(request({ storeId: anew.storeId, epoch: anew.epoch, writes }))
    expect((await read('u1', 'u2')).texts).toEqual([null, 'two'])
    const found: string[] = []
    for await (const { id } of store.scan(tag)) found.push(id)
    expect(found).toEqual(['u2'])
  })

  it('lists every entity of a partition, and of no other', async () => {
    const { store, request } = await opened()
    const ids = ['plain', 'with:colon', 'with*star', 'ünï', '{brace}']
    await store.apply(request({ writes: ids.map((id) => ({ id, blob: blob(id) })) }))
    const other = `${tag.slice(0, -1)}0`
    const fence = await store.acquire(other, fresh)
    await store.apply({
      ...request({ writes: [{ id: 'x', blob: blob('x') }] }),
      tag: other,
      storeId: fence.storeId,
    })
    const found = new Map<string, string>()
    for await (const { id, blob: bytes } of store.scan(tag)) found.set(id, bytes.toString())
    expect(found).toEqual(new Map(ids.map((id) => [id, id])))
  })

  it('keeps to the topic that its fence was made for', async () => {
    const { store } = await open()
    const begun = { startOffset: 10, rebuildUntilOffset: 30 }
    const on = (text: string, whenChanged: 'refuse' | 'keep' | 'rebuild' = 'refuse') =>
      store.acquire(tag, { ...begun, topic: { text, whenChanged } })
    await store.acquire(tag, begun)
    const first = await on('one:4')
    expect(first.epoch).toBe(2)
    await store.apply({
      tag,
      storeId: first.storeId,
      epoch: 2,
      expectedOffset: 10,
      nextOffset: 20,
      writes: [{ id: 'u1', blob: blob('one') }],
      deletes: [],
      sourceHighs: new Map([[0, 7]]),
      streamTimeMs: 1_000,
      appliedAtMs: 5,
      activity: { blob: blob('activity'), horizonMs: 900 },
    })
    await expect(on('two:4')).rejects.toMatchObject({ code: 'topic_changed', policy: 'operator' })
    await expect(on('two:4')).rejects.toThrow(/whenTopicChanged: rebuild/)
    expect(await on('one:4')).toMatchObject({ epoch: 3, nextOffset: 20, sourceHighs: new Map([[0, 7]]) })
    expect(await store.acquire(tag, begun)).toMatchObject({ epoch: 4 })
    const kept = { epoch: 5, nextOffset: 20, sourceHighs: new Map(), horizonMs: 900 }
    expect(await on('two:4', 'keep')).toMatchObject(kept)
    expect(await on('two:4')).toMatchObject({ epoch: 6 })
    expect(await on('two:8', 'rebuild')).toMatchObject({ epoch: 1, nextOffset: 10 })
    const { blobs } = await store.read({ fences: [], blobs: [{ tag, id: 'u1' }] })
    expect(blobs).toEqual([null])
    expect(await on('two:8')).toMatchObject({ epoch: 2 })
  })
}
