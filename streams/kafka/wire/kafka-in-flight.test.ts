import fc from 'fast-check'
import { expect, it } from 'vitest'
import { InFlight } from './kafka-in-flight.ts'

it('holds what a Map would, oldest first', () => {
  const id = fc.nat(6)
  const step = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), id }),
    fc.record({ kind: fc.constant('delete' as const), id }),
    fc.record({ kind: fc.constant('clear' as const), id }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const [map, held] = [new Map<number, string>(), new InFlight<string>()]
      for (const [n, { kind, id }] of steps.entries()) {
        for (const each of [map, held]) {
          if (kind === 'delete') each.delete(id)
          else if (kind === 'clear') each.clear()
          else if (!each.has(id)) each.set(id, `${id} at ${n}`)
        }
        expect(held.size).toBe(map.size)
        expect([...held.values()]).toEqual([...map.values()])
        expect([held.has(id), held.get(id)]).toEqual([map.has(id), map.get(id)])
      }
    }),
  )
})

it('shows to forEach only those that are still under way', () => {
  const held = new InFlight<string>()
  for (const [id, request] of ['a', 'b', 'c'].entries()) held.set(id, request)
  const seen: string[] = []
  held.forEach((request) => {
    seen.push(request)
    held.delete(1)
  })
  expect(seen).toEqual(['a', 'c'])
})
