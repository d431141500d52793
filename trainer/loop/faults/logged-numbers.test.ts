import { expect, it } from 'vitest'
import { createLoggedNumbers } from './logged-numbers.ts'

function judged(logged: [partition: number, number: number][], acknowledged: number[]) {
  const numbers = createLoggedNumbers()
  for (const [partition, number] of logged) numbers.see(partition, number)
  return numbers.judge(acknowledged)
}

it('finds nothing where everything is there once and in order', () => {
  expect(
    judged(
      [
        [0, 0],
        [1, 1],
        [0, 2],
        [1, 3],
      ],
      [0, 1, 2, 3],
    ),
  ).toEqual({
    expected: 4,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    wrong: 0,
  })
})

it('counts what was acknowledged and is not there, and what is there more than once', () => {
  expect(
    judged(
      [
        [0, 0],
        [0, 1],
        [0, 0],
        [0, 1],
        [0, 1],
      ],
      [0, 1, 2],
    ),
  ).toMatchObject({ lost: 1, duplicated: 3 })
})

it('does not ask for what nobody acknowledged', () => {
  expect(
    judged(
      [
        [0, 0],
        [0, 1],
      ],
      [0],
    ),
  ).toMatchObject({ expected: 1, lost: 0, duplicated: 0 })
})

it('counts what came after a later one of its partition, by its first time', () => {
  expect(
    judged(
      [
        [0, 0],
        [0, 2],
        [0, 1],
        [0, 3],
        [0, 2],
      ],
      [0, 1, 2, 3],
    ),
  ).toMatchObject({
    reordered: 1,
    duplicated: 1,
  })
})
