import { describe, expect, it } from 'vitest'
import { compileFeatureSet, featureStoreConfigSchema } from '#feature-store'
import { decodeState, encodeState, EntityState, fold, mapKeyOf, spellOut } from '#feature-store/testing'
import { judgeStates } from './judge.ts'
import { workloadOf } from './numbered-traffic.ts'
import { computeReference, eventsOf, type ReferenceEvent, type ReferenceLayout } from './reference.ts'

const HOUR_MS = 3_600_000
const LAYOUT: ReferenceLayout = {
  counters: [
    { types: ['view'], halfLifeMs: HOUR_MS },
    { types: ['click', 'view'], halfLifeMs: null },
  ],
  windows: [{ types: ['click'], bucketMs: 600_000, buckets: 3 }],
  recencies: [{ types: ['click'] }],
  maps: [
    { attribute: 'category', bands: null, counters: [{ types: ['view'], halfLifeMs: HOUR_MS }] },
    { attribute: 'price', bands: [0.25, 0.5], counters: [{ types: ['click'], halfLifeMs: 2 * HOUR_MS }] },
  ],
}
const event = (type: string, minute: number, price = 0.3): ReferenceEvent => ({
  id: 'u1',
  type,
  occurredAtMs: minute * 60_000,
  attributes: { category: 'c1', price },
})
const referenceOf = (events: ReferenceEvent[]) => computeReference(LAYOUT, () => events)

describe('the reference', () => {
  it('is what a person computes by hand', () => {
    const events = [
      event('view', 0),
      event('view', 60),
      event('click', 95),
      event('click', 120, 0.5),
      event('hide', 180),
    ]
    const state = referenceOf([...events, event('click', 118)]).get('u1')!
    expect(state.applied).toBe(6)
    expect(state.asOfMs).toBe(180 * 60_000)
    // Views three and two half-lives ago; two views and three clicks in all.
    expect(state.counters).toEqual([1 / 8 + 1 / 4, 5])
    // Buckets of ten minutes: 120-129, 110-119, 100-109. The click of minute 95 is out.
    expect(state.windows).toEqual([{ newest: 12, counts: [1, 1, 0] }])
    expect(state.recencies).toEqual([120 * 60_000])
    expect([...state.maps[0]!]).toEqual([['c1', [1 / 8 + 1 / 4]]])
    expect([...state.maps[1]!.keys()]).toEqual(['1', '2'])
    expect(state.maps[1]!.get('2')![0]).toBeCloseTo(2 ** -0.5, 12)
  })

  it('does not depend on the order of events', () => {
    const events = Array.from({ length: 200 }, (_, n) =>
      event(['view', 'click', 'hide'][n % 3]!, (n * 37) % 500),
    )
    const forward = referenceOf(events).get('u1')!
    const backward = referenceOf([...events].reverse()).get('u1')!
    expect(backward.windows).toEqual(forward.windows)
    for (const [i, count] of forward.counters.entries()) expect(backward.counters[i]).toBeCloseTo(count, 9)
  })

  it('comes to the same as folding event by event, for the default features', () => {
    const { layouts } = compileFeatureSet(featureStoreConfigSchema.parse({}))
    const workload = workloadOf({ seed: 7, interactions: 20_000, users: 40, items: 60 })
    const numbers = Array.from({ length: workload.interactions }, (_, n) => n)
    for (const entity of ['user', 'item'] as const) {
      const layout = layouts[entity]
      const states = new Map<string, EntityState>()
      for (const { id, type, occurredAtMs, attributes } of eventsOf(workload, entity, numbers)) {
        const state = states.get(id) ?? new EntityState(layout)
        states.set(id, state)
        const keys = layout.maps.map((map) => mapKeyOf(map, attributes?.[map.attribute]))
        fold(layout, state, type, occurredAtMs, 0, keys)
      }
      const stored = new Map(
        [...states].map(([id, state]) => [
          id,
          spellOut(layout, decodeState(layout, encodeState(layout, state))),
        ]),
      )
      const reference = computeReference(layout, () => eventsOf(workload, entity, numbers))
      expect(reference.size).toBeGreaterThan(30)
      expect(judgeStates(reference, stored)).toEqual({ lost: 0, duplicated: 0, wrong: 0, firstWrong: null })

      // And it sees one event too few, one too many, and one that moved by a second.
      const without = () => eventsOf(workload, entity, numbers.slice(0, -1))
      expect(judgeStates(computeReference(layout, without), stored)).toMatchObject({
        duplicated: 1,
        wrong: 1,
      })
      const twice = () => eventsOf(workload, entity, [...numbers, 5])
      expect(judgeStates(computeReference(layout, twice), stored)).toMatchObject({ lost: 1, wrong: 1 })
      const moved = () => withLastMoved([...eventsOf(workload, entity, numbers)])
      expect(judgeStates(computeReference(layout, moved), stored)).toMatchObject({ lost: 0, wrong: 1 })
    }
  })
})

/** The newest event of all a second later. */
function withLastMoved(events: ReferenceEvent[]): ReferenceEvent[] {
  const newest = Math.max(...events.map(({ occurredAtMs }) => occurredAtMs))
  const at = events.findIndex(({ occurredAtMs }) => occurredAtMs === newest)
  return events.with(at, { ...events[at]!, occurredAtMs: newest + 1_000 })
}
