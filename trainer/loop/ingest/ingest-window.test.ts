import { expect, it } from 'vitest'
import type { Interaction } from '#schemas'
import { createIngestWindow } from './ingest-window.ts'

const request = (requestId: string, occurredAtMs: number) => ({ requestId, userId: 'u', occurredAtMs })
const outcome = (interactionId: string) => ({ interactionId }) as Interaction

it('tells outcomes once, after the answer', () => {
  const window = createIngestWindow({ answerWithinMs: 100 })
  window.sent(request('r1', 10), [outcome('a')], 0)
  expect([window.oldestMs, window.awaits('u'), window.awaits('v')]).toEqual([10, true, false])
  expect(window.answered('r2')).toEqual([])
  expect(window.answered('r1')).toEqual([outcome('a')])
  expect(window.answered('r1')).toEqual([])
  expect([window.size, window.oldestMs, window.awaits('u')]).toEqual([0, Infinity, false])
})

it('tells them without an answer when it does not come in time', () => {
  const window = createIngestWindow({ answerWithinMs: 100 })
  window.sent(request('r1', 10), [outcome('a')], 0)
  window.sent(request('r2', 20), [outcome('b')], 50)
  expect(window.overdue(99)).toEqual([])
  expect(window.overdue(100)).toEqual([outcome('a')])
  expect(window.counts).toEqual({ answered: 0, unanswered: 1 })
  expect(window.answered('r2')).toEqual([outcome('b')])
})
