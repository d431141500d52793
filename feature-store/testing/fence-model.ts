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

/** Entity -> the offsets of its records, since it was last erased. */
type Model = Map<string, number[]>

const ENTITIES = ['u0', 'u1', 'u2']
const entityOf = (offset: number) => ENTITIES[offset % ENTITIES.length]!
/** The record at such an offset is a tombstone. */
const erases = (offset: number) => offset % 7 === 6

function applyTo(model: Model, from: number, to: number): Model {
  const next = new Map(model)
  for (let offset = from; offset < to; offset++) {
    const id = entityOf(offset)
    if (erases(offset)) next.delete(id)
    else next.set(id, [...(next.get(id) ?? []), offset])
  }
  return next
}

interface Owner {
  storeId: string
  epoch: number
  position: number
  /** What it believes the states to be. null: not read yet. */
  cached: Model | null
}

/**
 * Owners that come, go, linger as zombies and die, against a store that loses data. After every move the stored
 * states must be exactly those of the offsets below the fence, each once and in order; an earlier owner must be refused;
 * what is refused must change nothing; what is applied must be there, with the source offsets it came with.
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

  async function stored(): Promise<{ fence: Fence | null; states: Model }> {
    const wanted = ENTITIES.map((id) => ({ tag: TAG, id }))
    const { fences, blobs } = await store.read({ fences: [TAG], blobs: wanted })
    const states = blobs.flatMap((blob, at): [string, number[]][] =>
      blob === null ? [] : [[ENTITIES[at]!, JSON.parse(blob.toString()) as number[]]],
    )
    return { fence: fences[0] ?? null, states: new Map(states) }
  }

  async function acquire(by: number): Promise<void> {
    const { storeId, epoch, nextOffset } = await store.acquire(TAG, { startOffset: 0, rebuildUntilOffset: 0 })
    owners[by] = { storeId, epoch, position: nextOffset, cached: null }
  }

  async function write(by: number, own: Owner, count: number, answerLost: boolean): Promise<void> {
    const before = await stored()
    const nextOffset = own.position + count
    const states = applyTo(own.cached ?? before.states, own.position, nextOffset)
    const touched = [...new Set(Array.from({ length: count }, (_, k) => entityOf(own.position + k)))]
    const answer = await store.apply({
      tag: TAG,
      storeId: own.storeId,
      epoch: own.epoch,
      expectedOffset: own.position,
      nextOffset,
      writes: touched.flatMap((id) =>
        states.has(id) ? [{ id, blob: Buffer.from(JSON.stringify(states.get(id))) }] : [],
      ),
      deletes: touched.filter((id) => !states.has(id)),
      sourceHighs: new Map([[1, nextOffset - 1]]),
      streamTimeMs: nextOffset,
      appliedAtMs: 0,
    })
    const after = await stored()
    if (answer.kind === 'applied')
      expect(after).toMatchObject({ states, fence: { nextOffset, epoch: own.epoch } })
    else expect(after).toEqual(before)
    const lost = before.fence === null || before.fence.storeId !== own.storeId
    expect(answer.kind === 'lost').toBe(lost)
    if (!lost && before.fence!.epoch > own.epoch) expect(answer.kind).toBe('fenced')
    if (answer.kind === 'stale' || answer.kind === 'gap')
      expect(answer.nextOffset).toBe(before.fence!.nextOffset)

    if (answerLost) return
    if (answer.kind === 'fenced') owners[by] = null
    else if (answer.kind === 'applied') owners[by] = { ...own, cached: states, position: nextOffset }
    else if (answer.kind === 'lost') await acquire(by)
    else owners[by] = { ...own, cached: null, position: answer.nextOffset }
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
        await remember?.()
        break
      case 'comeBack':
        await comeBack?.()
        break
      case 'acquire':
        await acquire(move.owner)
        break
      default: {
        const own = owners[move.owner]
        if (own) await write(move.owner, own, move.length, move.kind === 'answerLost')
      }
    }
    const { fence, states } = await stored()
    const nextOffset = fence?.nextOffset ?? 0
    expect(states).toEqual(applyTo(new Map(), 0, nextOffset))
    expect(fence?.sourceHighs.get(1)).toBe(nextOffset === 0 ? undefined : nextOffset - 1)
  }
}
