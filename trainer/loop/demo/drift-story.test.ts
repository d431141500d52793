import { expect, it } from 'vitest'
import type { DriftEvent, ModelMove } from '#schemas'
import { createDriftStory } from './drift-story.ts'

const event = (kind: DriftEvent['kind']) => ({ kind, cause: 'clicks fell', detector: 'adwin' }) as DriftEvent

it('tells of injection, detection, the new model and the recovery, each in its turn', () => {
  const story = createDriftStory()
  expect(story.measured(0.85)).toBeNull()
  expect(story.injected('concept', 0.85)).toMatch(/DRIFT INJECTED/)
  expect([story.state, story.before]).toEqual(['injected', 0.85])
  expect(story.measured(1.4)).toBeNull()
  expect(story.drifted(event('concept'))).toMatch(/DRIFT DETECTED \(concept, adwin\): clicks fell/)
  expect(story.measured(0.86)).toBeNull() // no answer to it yet
  expect(story.swapped('m2')).toMatch(/m2 answers now/)
  expect(story.measured(0.868)).toBeNull() // 2.1 % above
  expect(story.measured(0.866)).toMatch(
    /RECOVERED: normalized entropy 0.866, before the drift 0.850, at worst 1.400/,
  )
  expect(story.measured(0.8)).toBeNull() // told once
  expect(story.state).toBe('recovered')
})

it('does not take a lag, or a swap before the alarm, for an answer to the drift', () => {
  const story = createDriftStory()
  story.injected('concept', 0.85)
  story.drifted(event('lag'))
  story.swapped('m2')
  expect(story.state).toBe('injected')
  expect(story.moved({ modelId: 'm2', stage: 'champion', reason: 'better' } as ModelMove)).toBe(
    'model m2 is now champion: better',
  )
  expect(story.moved({ modelId: 'm3', stage: 'candidate', reason: 'new' } as ModelMove)).toMatch(
    /m3 is now candidate/,
  )
  expect(story.moved({ modelId: 'm3', stage: 'candidate', reason: 'on trial' } as ModelMove)).toBeNull()
  expect(story.moved({ modelId: 'm1', stage: 'retired', reason: 'replaced' } as ModelMove)).toBeNull()
})

it('tells what retrains came to, which are no drift, and of their models once', () => {
  const story = createDriftStory()
  expect(story.retrain).toBeNull()
  const retrain = { ...event('none'), monitor: 'retrain:gbdt' }
  expect(story.retrained({ ...retrain, detector: 'began', cause: 'Retraining began.' })).toBeNull()
  expect([story.retrain, story.state]).toEqual(['Retraining began.', 'none yet'])
  expect(story.moved({ modelId: 'gbdt-1', stage: 'candidate', reason: 'new' } as ModelMove)).toBeNull()
  expect(story.moved({ modelId: 'ftrl-1', stage: 'candidate', reason: 'new' } as ModelMove)).not.toBeNull()
  expect(story.retrained({ ...retrain, detector: 'made', cause: 'It took 2 s.' })).toBe(
    'RETRAIN: It took 2 s.',
  )
  expect(story.moved({ modelId: 'gbdt-1', stage: 'champion', reason: 'better' } as ModelMove)).toMatch(
    /gbdt-1 is now champion/,
  )
})
