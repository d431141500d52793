import { expect, it } from 'vitest'
import { createWaiting } from './process-waiting.ts'

const told = (tag: string, entities: number, dropped: number) => ({ tag, entities, dropped })

it('counts who waits for removal against those that count, over all partitions', () => {
  const waiting = createWaiting()
  waiting.told(told('{a}', 100, 30))
  waiting.told(told('{b}', 100, 19))
  expect(waiting.exceeds(10, 1 / 4)).toBe(false)
  waiting.told(told('{b}', 100, 1))
  expect(waiting.exceeds(10, 1 / 4)).toBe(true)
  expect(waiting.exceeds(51, 1 / 4)).toBe(false)
  expect(waiting.tags()).toEqual(new Set(['{a}', '{b}']))
})

it('a removal takes away those that waited when it began, and wakes who waits for it', async () => {
  const waiting = createWaiting()
  waiting.told(told('{a}', 100, 30))
  const began = waiting.all()
  waiting.told(told('{a}', 100, 5))
  const less = waiting.less(60_000)
  waiting.removed(began)
  await less
  expect(waiting.all()).toEqual(new Map([['{a}', 5]]))
})

it('waits no longer than it is told to', async () => {
  await createWaiting().less(1)
})
