import fc from 'fast-check'
import { expect } from 'vitest'
import type { Fence } from '../fence.ts'
import type { StoreUnderTest } from './state-store-conformance.ts'

const TAG = '{feed.interactions.v1.0}:0123456789abcdef'
const OWNERS = 3

type Move =
  /** A batch of this many offsets, by an owner that may be a zombie. */
  | { kind: 'batch'; owner: number; length: number }
  /** The same, but its answer is lost: the owner believes to be where it was. */
  | { kind: 'answerLost'; owner: number; length: number }
  /** The group gives the partition to this owner; the others do not know yet. */
  | { kind: 'acquire'; owner: number }
  | { kind: 'flush' }
  | { kind: 'loseFence' }
  /** Remembers the store as it is; comes back to what was remembered. Only where the store can. */
  | { kind: 'remember' }
  | { kind: 'comeBack' }

const owner = fc.nat(OWNERS - 1)
const length = fc.integer({ min: 1, max: 5 })
const only = <K extends Move['kind']>(kind: K) => fc.record({ kind: fc.constant(kind) })
const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('batch' as const), owner, length }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('answerLost' as const), owner, length }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('acquire' as const), owner }) },
    { weight: 1, arbitrary: fc.oneof(only('flush'), only('loseFence'), only('remember'), only('comeBack')) },
  ),
  { minLength: 5, maxLength: 60 },
)

interface Owner {
  storeId: string
  epoch: number
  position: number
  /** What it believes the state to be: the offsets applied. null: not read yet. */
  applied: number[] | null
}

/**
 * Owners that come, go, linger as zombies and die, against a store that loses data. After every move the stored
 * state must be exactly the offsets below the fence, each once and in order; an earlier owner must be refused;
 * what is refused must change nothing; what is applied must be there.
 */
export async function fenceModel(open: () => Promise<StoreUnderTest>, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(moves, (all) => play(all, open)),
    { numRuns: runs },
  )
}

async function play(all: readonly Move[], open: () => Promise<StoreUnderTest>): Promise<void> {
  const { store, flush, loseFence, remember, comeBack } = await open()
  const owners: (Owner | null)[] = Array.from({ length: OWNERS }, () => null)

  async function stored(): Promise<{ fence: Fence | null; applied: number[] }> {
    const { fences, blobs } = await store.read({ fences: [TAG], blobs: [{ tag: TAG, id: 'u' }] })
    return {
      fence: fences[0] ?? null,
      applied: blobs[0] ? (JSON.parse(blobs[0].toString()) as number[]) : [],
    }
  }

  async function acquire(by: number): Promise<void> {
    const { storeId, epoch, nextOffset } = await store.acquire(TAG, { startOffset: 0, rebuildUntilOffset: 0 })
    owners[by] = { storeId, epoch, position: nextOffset, applied: null }
  }

  async function write(by: number, own: Owner, count: number, answerLost: boolean): Promise<void> {
    const before = await stored()
    const applied = [...(own.applied ?? before.applied)]
    for (let offset = own.position; offset < own.position + count; offset++) applied.push(offset)
    const nextOffset = own.position + count
    const answer = await store.apply({
      tag: TAG,
      storeId: own.storeId,
      epoch: own.epoch,
      expectedOffset: own.position,
      nextOffset,
      writes: [{ id: 'u', blob: Buffer.from(JSON.stringify(applied)) }],
      deletes: [],
      sourceHighs: new Map(),
      streamTimeMs: nextOffset,
      appliedAtMs: 0,
    })
    const after = await stored()
    if (answer.kind === 'applied')
      expect(after).toMatchObject({ applied, fence: { nextOffset, epoch: own.epoch } })
    else expect(after).toEqual(before)
    const lost = before.fence === null || before.fence.storeId !== own.storeId
    expect(answer.kind === 'lost').toBe(lost)
    if (!lost && before.fence!.epoch > own.epoch) expect(answer.kind).toBe('fenced')
    if (answer.kind === 'stale' || answer.kind === 'gap')
      expect(answer.nextOffset).toBe(before.fence!.nextOffset)

    if (answerLost) return
    if (answer.kind === 'fenced') owners[by] = null
    else if (answer.kind === 'applied') owners[by] = { ...own, applied, position: nextOffset }
    else if (answer.kind === 'lost') await acquire(by)
    else owners[by] = { ...own, applied: null, position: answer.nextOffset }
  }

  for (const move of all) {
    switch (move.kind) {
      case 'flush':
        await flush()
        break
      case 'loseFence':
        await loseFence(TAG)
        break
      case 'remember':
        remember?.()
        break
      case 'comeBack':
        comeBack?.()
        break
      case 'acquire':
        await acquire(move.owner)
        break
      default: {
        const own = owners[move.owner]
        if (own) await write(move.owner, own, move.length, move.kind === 'answerLost')
      }
    }
    const { fence, applied } = await stored()
    expect(applied).toEqual(Array.from({ length: fence?.nextOffset ?? 0 }, (_, offset) => offset))
  }
}
