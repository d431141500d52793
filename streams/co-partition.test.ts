import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignCoPartitions } from './co-partition.ts'

const range = (count: number) => Array.from({ length: count }, (_, index) => index)

describe('assignCoPartitions', () => {
  it('gives each partition of every topic to one member, the same for all topics', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 20 }),
        (members, count) => {
          const assignment = assignCoPartitions(
            members,
            new Map([
              ['a', range(count)],
              ['b', range(count)],
            ]),
          )
          const given = [...assignment.values()]
          expect(given.flatMap(({ a = [] }) => a).sort((x, y) => x - y)).toEqual(range(count))
          for (const { a, b } of given) expect(b).toEqual(a)
          const sizes = given.map(({ a = [] }) => a.length)
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        },
      ),
    )
  })
  it('does not depend on the order in which members came', () => {
    const topics = new Map([['a', range(5)]])
    expect(assignCoPartitions(['x', 'y'], topics).get('x')).toEqual(
      assignCoPartitions(['y', 'x'], topics).get('x'),
    )
  })
})
