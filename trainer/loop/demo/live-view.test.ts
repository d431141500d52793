import { expect, it } from 'vitest'
import { liveBoard, liveLine, sparkline, type LiveState } from './live-view.ts'

const state: LiveState = {
  seconds: 75.4,
  feedTimeMs: Date.UTC(2026, 0, 5, 15, 15),
  clockSpeed: 60,
  interactionsPerSecond: 641.7,
  requestsPerSecond: 55,
  lagRecords: 84,
  latencyMs: { p50: 31, p99: 120 },
  liveModel: 'ftrl-2',
  modelsPromoted: 2,
  normalizedEntropy: 0.8612,
  normalizedEntropyBefore: null,
  bestReachable: 0.8,
  retrain: null,
  drift: 'none yet',
}

it('says everything in one line', () => {
  expect(liveLine(state)).toBe(
    '  75 s | feed 2026-01-05 15:15 (60x) | 642 events/s | 55 requests/s | lag 84 | latency p50 31 p99 120 ms | ' +
      'model ftrl-2 | entropy 0.861 before    -  best 0.800 | drift none yet',
  )
})

it('says what is not known yet', () => {
  const line = liveLine({
    ...state,
    latencyMs: null,
    lagRecords: null,
    liveModel: null,
    normalizedEntropy: null,
  })
  expect(line).toContain('lag - | latency p50 - p99 - ms | model none | entropy    -  before')
})

it('has a board with a line for each', () => {
  const board = new Map(liveBoard(state, [0.8, 0.9]))
  expect(board.get('feed time')).toBe('2026-01-05 15:15 UTC, 60 times as fast as the wall (75 s)')
  expect(board.get('retrain')).toMatch(/^none/)
  const fitted = new Map(liveBoard({ ...state, retrain: 'gbdt began' }, []))
  expect(fitted.get('retrain')).toBe('gbdt began')
  expect(board.get('live model')).toBe('ftrl-2 (2 promoted)')
  expect(board.get('normalized entropy')).toContain('now 0.861')
})

it('draws values between the smallest and the largest', () => {
  expect(sparkline([1, 2, 3])).toBe('▁▅█  1.00 to 3.00')
  expect(sparkline([1, 1])).toBe('▁▁  1.00 to 1.00')
  expect(sparkline([])).toBe('')
})
