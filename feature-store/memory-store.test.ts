import { describe, expect, it } from 'vitest'
import { fenceModel } from './testing/fence-model.ts'
import { createMemoryStore } from './memory-store.ts'
import { createMishapStore } from './testing/mishap-store.ts'
import { stateStoreConformance } from './testing/state-store-conformance.ts'

const open = async () => {
  const store = createMishapStore()
  let remembered = store.snapshot()
  return {
    store,
    flush: async () => store.flush(),
    loseFence: async () => store.loseFences(),
    remember: () => {
      remembered = store.snapshot()
    },
    comeBack: () => store.restore(remembered),
  }
}

describe('memory store', () => {
  stateStoreConformance(open)

  it('keeps every offset once whatever owners, zombies and crashes do', () => fenceModel(open, 500))
})

describe('what a store in memory may hold', () => {
  const tag = 'tag'
  const opened = async (bounds: { entitiesMax?: number; bytesMax?: number }) => {
    const store = createMemoryStore({ bounds })
    const { storeId, epoch } = await store.acquire(tag, { startOffset: 0, rebuildUntilOffset: 0 })
    let offset = 0
    const apply = async (writes: Record<string, string>, deletes: string[] = []) => {
      const answer = await store.apply({
        tag,
        storeId,
        epoch,
        expectedOffset: offset,
        nextOffset: offset + 1,
        streamTimeMs: 0,
        appliedAtMs: 0,
        sourceHighs: new Map(),
        writes: Object.entries(writes).map(([id, blob]) => ({ id, blob: Buffer.from(blob) })),
        deletes,
      } as Parameters<typeof store.apply>[0])
      offset += 1
      return answer.kind
    }
    const held = async (id: string) =>
      (await store.read({ fences: [], blobs: [{ tag, id }] })).blobs[0]?.toString()
    return { apply, held }
  }
  const full = { code: 'store_full', policy: 'operator' }

  it('is so many entities, and not one more', async () => {
    const { apply, held } = await opened({ entitiesMax: 2 })
    expect(await apply({ a: '1', b: '1' })).toBe('applied')
    await expect(apply({ a: '2', c: '1' })).rejects.toMatchObject(full)
    expect(await held('a')).toBe('1')
    expect(await apply({ a: '2', c: '1' }, ['b'])).toBe('applied')
    expect([await held('a'), await held('b'), await held('c')]).toEqual(['2', undefined, '1'])
  })

  it('is so many bytes, and not one more', async () => {
    const { apply } = await opened({ bytesMax: 6 })
    expect(await apply({ a: '12', b: '12' })).toBe('applied')
    await expect(apply({ b: '123' })).rejects.toMatchObject(full)
    expect(await apply({ a: '1', b: '123' })).toBe('applied')
  })
})
