import { describe, expect, it } from 'vitest'
import { createAcknowledged } from './acknowledged.ts'
import {
  attributesOf,
  declaredItems,
  interactionOf,
  numberOf,
  requestOf,
  workloadOf,
} from './numbered-traffic.ts'

const workload = workloadOf({ seed: 3, interactions: 5_000, requests: 10, users: 50, items: 40 })

describe('numbered traffic', () => {
  it('makes the same record again from its number alone, and another one for another seed', () => {
    expect(interactionOf(workload, 17)).toEqual(interactionOf({ ...workload, interactions: 18 }, 17))
    expect(interactionOf(workload, 17)).not.toEqual(interactionOf({ ...workload, seed: 4 }, 17))
    expect(requestOf(workload, 3)).toEqual(requestOf(workload, 3))
    expect(numberOf(interactionOf(workload, 17).interactionId)).toBe(17)
    expect(numberOf(requestOf(workload, 9).requestId)).toBe(9)
    expect(numberOf('someone-else')).toBeNull()
  })

  it('has hot and cold users, all types, late ones and items that nobody described', () => {
    const all = Array.from({ length: workload.interactions }, (_, n) => interactionOf(workload, n))
    expect(new Set(all.map(({ userId }) => userId)).size).toBe(50)
    expect(new Set(all.map(({ type }) => type))).toEqual(new Set(['view', 'click', 'like', 'hide']))
    const hot = all.filter(({ userId }) => Number(userId.slice(1)) < 5).length
    expect(hot).toBeGreaterThan(all.length / 5)
    expect(all.filter(({ itemId }) => attributesOf(workload, itemId) === null).length).toBeGreaterThan(50)
    const declaredAtMs = Math.max(...[...declaredItems(workload)].map(({ occurredAtMs }) => occurredAtMs))
    expect(Math.min(...all.map(({ occurredAtMs }) => occurredAtMs))).toBeGreaterThan(declaredAtMs)
  })

  it('counts an acknowledgement once and refuses a number beyond the workload', () => {
    const acknowledged = createAcknowledged(10)
    for (const n of [3, 9, 3]) acknowledged.add(n)
    expect([...acknowledged.numbers()]).toEqual([3, 9])
    expect(acknowledged.count).toBe(2)
    expect(acknowledged.has(4)).toBe(false)
    expect(() => acknowledged.add(10)).toThrow(RangeError)
  })
})
