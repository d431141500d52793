import { expect, it } from 'vitest'
import type { FoundLetter } from './dead-letters.ts'
import { planRequeue, requeuedMark, sourceOf } from './requeue-plan.ts'

const letterOf = (id: string, offset: number, stage: string, reason = 'far_future'): FoundLetter => ({
  id,
  letter: {
    topic: 'feed.interactions.v1',
    partition: 1,
    offset,
    reason,
    detail: '',
    stage,
    key: Buffer.from('u1'),
    value: Buffer.from('bytes'),
    diedAtMs: 1,
  },
})

it('sends a record once that two stages gave up, to the place that is its own, and says what stays', () => {
  const letters = [
    letterOf('0/0', 7, 'features'),
    letterOf('0/1', 7, 'joiner'),
    letterOf('0/2', 8, 'features', 'wrong_partition'),
    letterOf('0/3', 9, 'features-item'),
  ]
  const key = Buffer.from('u1')
  const plan = planRequeue(letters, ({ offset }) =>
    offset === 9 ? 'no place' : { partition: offset === 8 ? 3 : 1, key },
  )
  expect(plan.resends.map(({ letter: { offset }, partition }) => [offset, partition])).toEqual([
    [7, 1],
    [8, 3],
  ])
  expect(plan).toMatchObject({ sameRecord: 1, left: [{ id: '0/3', why: 'no place' }] })
  const mark = requeuedMark(plan.resends[1]!, 5)
  expect(mark).toMatchObject({ reason: 'requeued', key: null, value: null, diedAtMs: 5 })
  expect(sourceOf(mark)).toBe(sourceOf(letters[2]!.letter))
})
