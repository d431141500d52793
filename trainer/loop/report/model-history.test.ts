import { expect, it } from 'vitest'
import type { DriftEvent, ModelMove, ModelStage } from '#schemas'
import { driftOutcome, reportedModels, reportedRetrains } from './model-history.ts'

const move = (modelId: string, stage: ModelStage, movedAtMs: number) =>
  ({
    modelId,
    stage,
    movedAtMs,
    learner: 'ftrl',
    reason: `${modelId} ${stage}`,
    manifest: '{"a":1}',
  }) as ModelMove
const alarm = (kind: DriftEvent['kind'], detectedAtMs: number) =>
  ({ kind, detectedAtMs, cause: `${kind} seen` }) as DriftEvent

it('tells where each model is and when it was promoted first', () => {
  const moves = [
    move('m1', 'candidate', 1),
    move('m1', 'champion', 2),
    move('m2', 'candidate', 3),
    move('m1', 'retired', 4),
  ]
  const models = reportedModels(moves, (manifest) => JSON.parse(manifest) as Record<string, number>)
  expect(
    models.map(({ id, stage, promotedAtMs, reason, metrics }) => [id, stage, promotedAtMs, reason, metrics]),
  ).toEqual([
    ['m1', 'retired', 2, 'm1 champion', { a: 1 }],
    ['m2', 'candidate', null, 'm2 candidate', { a: 1 }],
  ])
})

it('takes the first alarm after the injection, and counts those before it as false', () => {
  const events = [alarm('concept', 150), alarm('lag', 110), alarm('data', 120), alarm('concept', 90)]
  expect(driftOutcome(events, 100)).toEqual({
    injectedAtMs: 100,
    detectedAtMs: 120,
    kind: 'data',
    cause: 'data seen',
    falseAlarms: 1,
  })
  expect(driftOutcome(events, null)).toMatchObject({ detectedAtMs: null, falseAlarms: 3 })
  expect(driftOutcome([], 100)).toMatchObject({ detectedAtMs: null, kind: null, falseAlarms: 0 })
})

it('tells of each fit when it began, on how much, how long it took and what came of it', () => {
  const told = (monitor: string, detector: string, detectedAtMs: number, after = 0) =>
    ({
      monitor,
      kind: 'none',
      detector,
      detectedAtMs,
      occurredAtMs: 7,
      examples: 9,
      after,
      cause: detector,
    }) as DriftEvent
  const events = [
    told('retrain:gbdt', 'began', 1),
    { ...alarm('concept', 2), monitor: 'overclaim:click' },
    told('retrain:stack', 'began', 3),
    told('retrain:gbdt', 'made', 4, 2.5),
    told('retrain:gbdt', 'began', 5),
  ]
  const common = { occurredAtMs: 7, examples: 9 }
  expect(reportedRetrains(events)).toEqual([
    { ...common, learner: 'gbdt', beganAtMs: 1, seconds: 2.5, outcome: 'made', told: 'made' },
    { ...common, learner: 'stack', beganAtMs: 3, seconds: null, outcome: null, told: 'began' },
    { ...common, learner: 'gbdt', beganAtMs: 5, seconds: null, outcome: null, told: 'began' },
  ])
})
