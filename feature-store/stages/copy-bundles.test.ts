import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createCopyBundles, type CopyBundle } from './copy-bundles.ts'
import { freshCopies } from './fresh-copies.ts'

const PARTITIONS = 3
const partitionOf = (itemId: string) => Number(itemId.slice(1)) % PARTITIONS

interface Done {
  itemId: string
  type: string
  occurredAtMs: number
  offset: number
  value: number | null
}

const interactions = fc
  .array(
    fc.record({
      itemId: fc.nat(9).map((n) => `i${String(n)}`),
      type: fc.constantFrom('view', 'click', 'like'),
      occurredAtMs: fc.nat(1_000_000),
      gap: fc.integer({ min: 1, max: 4 }),
      value: fc.option(fc.double({ noNaN: true }), { nil: null }),
    }),
    { maxLength: 80 },
  )
  .map((all) => {
    let offset = 0
    return all.map(({ gap, ...rest }): Done => ({ ...rest, offset: (offset += gap) }))
  })

function bundled(done: readonly Done[], bundleBytesMax = 1_000): CopyBundle[] {
  const bundles = createCopyBundles({ sourcePartition: 5, partitionOf, bundleBytesMax })
  for (const { itemId, type, occurredAtMs, offset, value } of done)
    bundles.add(itemId, type, occurredAtMs, offset, { value, recentItems: [] })
  return bundles.take()
}

/** What an item partition makes of bundles, per item and in order, beginning with `highs`. */
function applied(bundles: readonly CopyBundle[], highs = new Map<number, Map<number, number>>()): Done[] {
  return bundles.flatMap(({ partition, value }, at) => {
    const known = highs.get(partition) ?? new Map<number, number>()
    highs.set(partition, known)
    return freshCopies([{ value, offset: at }], known).items.flatMap(({ itemId, types, copies, details }) =>
      copies.map(({ sourceOffset: offset, typeIndex, occurredAtMs }) => ({
        itemId,
        type: types[typeIndex]!,
        occurredAtMs,
        offset,
        value: details?.get(offset)?.value ?? null,
      })),
    )
  })
}

const perItem = (all: readonly Done[]) =>
  [...new Set(all.map(({ itemId }) => itemId))]
    .sort()
    .map((itemId) => all.filter((one) => one.itemId === itemId))

it('carry every interaction once, to the partition of its item and in order per item', () => {
  fc.assert(
    fc.property(interactions, fc.integer({ min: 60, max: 3_000 }), (done, bundleBytesMax) => {
      const bundles = bundled(done, bundleBytesMax)
      for (const { partition, value } of bundles)
        for (const { itemId } of value.items) expect(partitionOf(itemId)).toBe(partition)
      expect(perItem(applied(bundles))).toEqual(perItem(done))
    }),
  )
})

it('of a retry are dropped as far as they were applied, wherever the retry begins and however it is cut', () => {
  fc.assert(
    fc.property(interactions, fc.nat(80), fc.nat(80), fc.nat(10), (done, cut, back, delivered) => {
      const first = bundled(done.slice(0, cut))
      const seen = first.slice(0, delivered)
      // A crash: some bundles of the flush arrived, the rest did not; the retry begins at or before the flush.
      const retried = bundled(done.slice(Math.max(0, Math.min(cut, done.length) - back)), 300)
      const highs = new Map<number, Map<number, number>>()
      const before = applied(seen, highs)
      const all = [...before, ...applied(retried, highs)]
      const offsets = all.map(({ offset }) => offset)
      expect(new Set(offsets).size).toBe(offsets.length)
      if (back >= cut) expect(perItem(all)).toEqual(perItem(done))
    }),
  )
})

it('stay below their bound unless one copy alone is larger', () => {
  const done = Array.from({ length: 500 }, (_, n) => ({
    itemId: `i${String(n)}`,
    type: 'view',
    occurredAtMs: n,
    offset: n,
    value: null,
  }))
  const bundles = bundled(done, 400)
  expect(bundles.length).toBeGreaterThan(20)
  for (const { value } of bundles) expect(value.items.length).toBeLessThan(20)
})

it('name an item and a type once, however hot they are', () => {
  const done = Array.from({ length: 100 }, (_, offset) => ({
    itemId: 'i1',
    type: offset % 2 === 0 ? 'view' : 'click',
    occurredAtMs: offset,
    offset,
    value: null,
  }))
  const [bundle, ...rest] = bundled(done, 100_000)
  expect(rest).toEqual([])
  expect(bundle!.value.types).toEqual(['view', 'click'])
  expect(bundle!.value.items).toHaveLength(1)
})

it('carry what they are told beside time, and nothing when they are told nothing', () => {
  const done = [0, 1, 2].map((n) => ({
    itemId: `i${String(n * PARTITIONS)}`,
    type: 'view',
    occurredAtMs: n,
    offset: n,
    value: n === 1 ? 2.5 : null,
  }))
  const [bundle] = bundled(done, 100_000)
  expect(bundle!.value.details).toEqual([{ sourceOffset: 1, value: 2.5, recentItems: [] }])
})
