import { samplePrediction } from '../../testing/sample-predictions.ts'
import type { JoinOutcome } from '../early-outcomes.ts'
import { createHoldingJoinWindow } from '../holding-join-window.ts'
import type { JoinWindowOptions } from '../join-window.ts'
import { createLabelRules } from '../label-rules.ts'

export const MINUTE = 60_000
export const T0 = 1_700_000_000_000
export const rules = createLabelRules({
  click: { positive: ['click'], shown: ['view'], horizonMinutes: 10 },
  like: { positive: ['like', 'love'], shown: ['view'], horizonMinutes: 5 },
})
export const setUp = (options: Partial<JoinWindowOptions> = {}) =>
  createHoldingJoinWindow({
    rules,
    sources: ['predictions', 'interactions'],
    shownWithinMs: 10 * MINUTE,
    graceMs: MINUTE,
    pendingPredictionsMax: 10,
    earlyOutcomesMax: 10,
    rememberedPredictionsMax: 10,
    ...options,
  })
export const prediction = (requestId: string, occurredAtMs = T0, items = ['a', 'b', 'c']) =>
  samplePrediction({ requestId, occurredAtMs, items: items.map((itemId) => ({ itemId })) })
export const outcome = (requestId: string, itemId: string, type: string, afterMs = 0): JoinOutcome => ({
  requestId,
  userId: prediction(requestId).userId,
  itemId,
  type,
  occurredAtMs: T0 + afterMs,
  position: null,
})
export const p = (offset: number) => ({ source: 'predictions', offset })
export const i = (offset: number) => ({ source: 'interactions', offset })
export const DUE = T0 + 11 * MINUTE
