import { expect, it } from 'vitest'
import { createAgenda } from './agenda.ts'
import { createRandom } from './random.ts'

it('gives entries by time, and equal times in the order they were added', () => {
  const random = createRandom('agenda')
  const agenda = createAgenda<number>()
  const added = Array.from({ length: 2000 }, (_, order) => ({ atMs: random.int(50), order }))
  for (const { atMs, order } of added) agenda.add(atMs, order)
  expect(agenda.size).toBe(2000)
  expect(agenda.nextAtMs()).toBe(0)

  const taken = []
  for (let slot = agenda.take(); slot !== undefined; slot = agenda.take())
    taken.push({ atMs: slot.atMs, order: slot.entry })
  expect(taken).toEqual([...added].sort((left, right) => left.atMs - right.atMs || left.order - right.order))
  expect(agenda.nextAtMs()).toBe(Infinity)
})
