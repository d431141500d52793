import { describe, expect, it } from 'vitest'
import { featureStoreConfigSchema } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { decodeState, encodeState } from './blob.ts'
import { EntityState } from './entity-state.ts'
import { fold } from './fold.ts'
import { idHashOf, rememberId } from './recent-ids.ts'

const layoutOf = (window: number) =>
  compileFeatureSet(featureStoreConfigSchema.parse({ deduplicate: { window } })).layouts.user
const layout = layoutOf(3)

function stateOf(ids: readonly string[]) {
  const state = new EntityState(layout)
  for (const [n, id] of ids.entries())
    if (rememberId(state, idHashOf(id), 3)) fold(layout, state, 'view', 1_700_000_000_000 + n, n)
  return state
}

describe('recent ids', () => {
  it('are those of the last interactions, and outlive the blob', () => {
    const state = stateOf(['a', 'b', 'a', 'c', 'd'])
    expect(state.applied).toBe(4)
    const read = decodeState(layout, encodeState(layout, state))
    expect(read.recentIds).toEqual(['b', 'c', 'd'].map(idHashOf))
    expect(encodeState(layout, read)).toEqual(encodeState(layout, state))
  })

  it('go on as a ring where the blob was read again', () => {
    const ids = Array.from({ length: 11 }, (_, n) => `i${String(n)}`)
    for (const cut of ids.keys()) {
      const read = decodeState(layout, encodeState(layout, stateOf(ids.slice(0, cut))))
      for (const [n, id] of ids.slice(cut).entries()) {
        expect(rememberId(read, idHashOf(id), 3)).toBe(true)
        expect(rememberId(read, idHashOf(id), 3)).toBe(false)
        fold(layout, read, 'view', 1_700_000_000_000 + cut + n, cut + n)
      }
      expect(encodeState(layout, read)).toEqual(encodeState(layout, stateOf(ids)))
    }
  })

  it('keep the newest when the window was made smaller, none when it was switched off', () => {
    const blob = encodeState(layout, stateOf(['b', 'c', 'd']))
    expect(layoutOf(2).id).toBe(layout.id)
    expect(decodeState(layoutOf(2), blob).recentIds).toEqual(['c', 'd'].map(idHashOf))
    expect(decodeState(layoutOf(0), blob).recentIds).toBeNull()
  })

  it('are none in a blob of version 1, which is read as before', () => {
    const state = stateOf([])
    fold(layout, state, 'click', 1_700_000_000_000, 7)
    const second = encodeState(layout, state)
    expect([second[0], second.at(-1)]).toEqual([2, 0])
    const first = Buffer.from(second.subarray(0, -1))
    first[0] = 1
    const read = decodeState(layout, first)
    expect([read.applied, read.lastOffset, read.recentIds]).toEqual([1, 7, null])
    expect(encodeState(layout, read)).toEqual(second)
  })

  it('refuse a section of a later version, which writing the state again would lose', () => {
    const blob = encodeState(layout, stateOf([]))
    const later = Buffer.concat([blob.subarray(0, -1), Buffer.of(1, 3, 0)])
    expect(() => decodeState(layout, later)).toThrow(/section 3: a newer version/)
  })
})
