import { expect, it } from 'vitest'
import type { ModelStage } from '#schemas'
import { preferredModels } from './model-preference.ts'

const at = (modelId: string, stage: ModelStage, offset: number, movedAtMs = 0) => ({
  offset,
  move: {
    modelId,
    stage,
    movedAtMs,
    learner: 'l',
    reason: '',
    occurredAtMs: 0,
    manifest: '{}',
    pinned: false,
  },
})
const order = (...moves: ReturnType<typeof at>[]) => preferredModels(moves).map(({ move }) => move.modelId)

it('prefers the last champion, then the one retired last', () => {
  expect(
    order(at('a', 'retired', 1), at('b', 'champion', 2), at('c', 'retired', 5), at('d', 'champion', 4)),
  ).toEqual(['d', 'b', 'c', 'a'])
})
it('leaves out candidates and rejected models', () => {
  expect(order(at('a', 'candidate', 1), at('b', 'rejected', 2))).toEqual([])
})
it('goes by the log, not by the clocks of those who wrote it', () => {
  expect(order(at('late', 'champion', 1, 9_999), at('new', 'champion', 2, 1))).toEqual(['new', 'late'])
})
