import { expect, it } from 'vitest'
import { createTurns } from './turns.ts'

/** Work that ends when it is told to, and what has begun. */
function staged() {
  const begun: string[] = []
  const ends = new Map<string, (fail?: Error) => void>()
  const work = (name: string) => () => {
    begun.push(name)
    return new Promise<string>((resolve, reject) =>
      ends.set(name, (fail) => (fail === undefined ? resolve(name) : reject(fail))),
    )
  }
  const rest = () => new Promise((resolve) => setImmediate(resolve))
  return { begun, work, end: (name: string, fail?: Error) => (ends.get(name)!(fail), rest()), rest }
}

it('does one after another, whatever became of the one before', async () => {
  const { begun, work, end, rest } = staged()
  const inTurn = createTurns()
  const [first, second] = [inTurn(work('a')), inTurn(work('b'))]
  const failure = expect(first).rejects.toThrow('no')
  await rest()
  expect(begun).toEqual(['a'])
  await end('a', new Error('no'))
  await failure
  expect(begun).toEqual(['a', 'b'])
  await end('b')
  expect(await second).toBe('b')
})

it('does two at once, and begins in the order of asking', async () => {
  const { begun, work, end, rest } = staged()
  const inTurn = createTurns(2)
  const all = Promise.all(['a', 'b', 'c', 'd'].map((name) => inTurn(work(name))))
  await rest()
  expect(begun).toEqual(['a', 'b'])
  await end('b')
  expect(begun).toEqual(['a', 'b', 'c'])
  await end('a')
  await end('c')
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
  await end('d')
  expect(await all).toEqual(['a', 'b', 'c', 'd'])
  // Places are given back.
  const again = inTurn(work('e'))
  expect(begun.at(-1)).toBe('e')
  await end('e')
  expect(await again).toBe('e')
})
