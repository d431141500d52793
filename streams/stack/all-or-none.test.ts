import { expect, test } from 'vitest'
import { allOrNone, once } from './all-or-none.ts'

test('all well: all results by name', async () => {
  const failed = new AbortController()
  const work = { a: Promise.resolve(1), b: Promise.resolve(2) }
  await expect(allOrNone(failed, work)).resolves.toEqual({ a: 1, b: 2 })
  expect(failed.signal.aborted).toBe(false)
})

test('one fails: the others are told to stop, and the first failure is thrown once they have', async () => {
  const failed = new AbortController()
  const over: string[] = []
  const slow = new Promise<number>((_, reject) => {
    failed.signal.addEventListener('abort', () => {
      over.push('slow')
      reject(new Error('aborted'))
    })
  })
  await expect(allOrNone(failed, { slow, bad: Promise.reject(new Error('first')) })).rejects.toThrow('first')
  expect(over).toEqual(['slow'])
})

test('once: made at the first call, the same for all', async () => {
  let made = 0
  const get = once(() => Promise.resolve(++made))
  expect(made).toBe(0)
  expect([await get(), await get(), made]).toEqual([1, 1, 1])
})
