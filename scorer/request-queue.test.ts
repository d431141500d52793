import { expect, it } from 'vitest'
import type { Prediction } from '#schemas'
import type { RequestAt } from './prediction-record.ts'
import { createRequestQueue } from './request-queue.ts'

const at = (requestId: string): RequestAt => ({
  request: { requestId, userId: 'u', occurredAtMs: 1, candidates: ['a'], context: [] },
  partition: -1,
  offset: -1,
})

function queueOf(waitingMax = 10) {
  const groups: string[][] = []
  const waiting: (() => void)[] = []
  const scoring = {
    async answer(requests: readonly RequestAt[]) {
      groups.push(requests.map(({ request }) => request.requestId))
      await new Promise<void>((resolve) => waiting.push(resolve))
      if (requests.some(({ request }) => request.requestId === 'bad')) throw new Error('a bug')
      return requests.map(({ request }) => ({ requestId: request.requestId }) as Prediction)
    },
  }
  const queue = createRequestQueue(scoring, { microBatchRequestsMax: 3, microBatchRowsMax: 100, waitingMax })
  const finish = async () => {
    waiting.shift()?.()
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  return { queue, groups, finish }
}

it('scores the first at once and what gathers meanwhile together', async () => {
  const { queue, groups, finish } = queueOf()
  const answers = ['r1', 'r2', 'r3', 'r4', 'r5'].map((id) => queue.ask(at(id)))
  expect(groups).toEqual([['r1']])
  await finish()
  expect(groups).toEqual([['r1'], ['r2', 'r3', 'r4']])
  await finish()
  await finish()
  expect((await Promise.all(answers)).map((prediction) => prediction?.requestId)).toEqual([
    'r1',
    'r2',
    'r3',
    'r4',
    'r5',
  ])
})

it('takes waitingMax and refuses one more', async () => {
  const { queue, finish } = queueOf(2)
  const taken = ['r1', 'r2', 'r3', 'r4'].map((id) => queue.ask(at(id)))
  expect(taken.map((answer) => answer !== undefined)).toEqual([true, true, true, false])
  await finish()
  await finish()
  await Promise.all(taken)
})

it('goes on after a failure, which only its own group sees', async () => {
  const { queue, finish } = queueOf()
  const bad = queue.ask(at('bad'))?.catch((error: Error) => error.message)
  const good = queue.ask(at('r2'))
  await finish()
  await finish()
  expect(await bad).toBe('a bug')
  expect((await good)?.requestId).toBe('r2')
})
