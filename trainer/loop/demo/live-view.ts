import type { Quantiles } from '../report/index.ts'

/** What the screen says of a moment. `null`: not known yet. */
export interface LiveState {
  /** Wall seconds since the feed's clock started. */
  seconds: number
  feedTimeMs: number
  clockSpeed: number
  interactionsPerSecond: number
  requestsPerSecond: number
  lagRecords: number | null
  latencyMs: Quantiles | null
  liveModel: string | null
  modelsPromoted: number
  normalizedEntropy: number | null
  normalizedEntropyBefore: number | null
  bestReachable: number | null
  /** What the last fit is at, or came to. */
  retrain: string | null
  drift: DriftState
}

export type DriftState = 'none yet' | 'injected' | 'detected' | 'model swapped' | 'recovered'

const entropy = (value: number | null) => (value === null ? '   - ' : value.toFixed(3))
const feedClock = (feedTimeMs: number) => new Date(feedTimeMs).toISOString().slice(0, 16).replace('T', ' ')

/** One line, for output that is no terminal. */
export function liveLine(state: LiveState): string {
  const { seconds, latencyMs, lagRecords, normalizedEntropy, normalizedEntropyBefore, bestReachable } = state
  return [
    `${seconds.toFixed(0).padStart(4)} s`,
    `feed ${feedClock(state.feedTimeMs)} (${String(state.clockSpeed)}x)`,
    `${state.interactionsPerSecond.toFixed(0)} events/s`,
    `${state.requestsPerSecond.toFixed(0)} requests/s`,
    `lag ${lagRecords === null ? '-' : String(lagRecords)}`,
    `latency p50 ${latencyMs === null ? '-' : latencyMs.p50.toFixed(0)} p99 ${latencyMs === null ? '-' : latencyMs.p99.toFixed(0)} ms`,
    `model ${state.liveModel ?? 'none'}`,
    `entropy ${entropy(normalizedEntropy)} before ${entropy(normalizedEntropyBefore)} best ${entropy(bestReachable)}`,
    `drift ${state.drift}`,
  ].join(' | ')
}

const SPARKS = '▁▂▃▄▅▆▇█'

/** The dashboard's lines: label and value. @param history normalized entropies, oldest first */
export function liveBoard(state: LiveState, history: readonly number[]): [string, string][] {
  const { latencyMs, lagRecords } = state
  return [
    [
      'feed time',
      `${feedClock(state.feedTimeMs)} UTC, ${String(state.clockSpeed)} times as fast as the wall (${state.seconds.toFixed(0)} s)`,
    ],
    [
      'events',
      `${state.interactionsPerSecond.toFixed(0)}/s, ${state.requestsPerSecond.toFixed(0)} rank requests/s`,
    ],
    ['lag', lagRecords === null ? 'not known yet' : `${String(lagRecords)} records`],
    [
      'prediction latency',
      latencyMs === null
        ? 'none yet'
        : `p50 ${latencyMs.p50.toFixed(0)} ms, p99 ${latencyMs.p99.toFixed(0)} ms`,
    ],
    ['live model', `${state.liveModel ?? 'none yet'} (${String(state.modelsPromoted)} promoted)`],
    [
      'normalized entropy',
      `now ${entropy(state.normalizedEntropy).trim()}, before the drift ${entropy(state.normalizedEntropyBefore).trim()}, best reachable ${entropy(state.bestReachable).trim()}`,
    ],
    ['', sparkline(history)],
    ['retrain', state.retrain ?? 'none yet: what learns online has its model at once'],
    ['drift', state.drift],
  ]
}

/** Values as bars between the smallest and the largest. */
export function sparkline(values: readonly number[]): string {
  if (values.length === 0) return ''
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const bar = (value: number) =>
    SPARKS[high === low ? 0 : Math.round(((value - low) / (high - low)) * (SPARKS.length - 1))]!
  return `${values.map(bar).join('')}  ${low.toFixed(2)} to ${high.toFixed(2)}`
}
