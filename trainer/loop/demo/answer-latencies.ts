import { quantilesOf, type Quantiles } from '../report/index.ts'

/** From a request to its answer, of the latest answers. Either may be told first. */
export interface AnswerLatencies {
  asked(requestId: string, atMs: number): void
  answered(requestId: string, atMs: number): void
  quantiles(): Quantiles | null
}

const LATENCIES_MAX = 2_000
const ASKED_MAX = 20_000

export function createAnswerLatencies(): AnswerLatencies {
  const askedAtMs = new Map<string, number>()
  const answeredAtMs = new Map<string, number>()
  const latencies: number[] = []

  function pair(requestId: string, own: Map<string, number>, other: Map<string, number>, atMs: number): void {
    const otherAtMs = other.get(requestId)
    if (otherAtMs === undefined) {
      own.set(requestId, atMs)
      if (own.size > ASKED_MAX) own.delete(own.keys().next().value!)
      return
    }
    other.delete(requestId)
    latencies.push(Math.abs(atMs - otherAtMs))
    if (latencies.length > LATENCIES_MAX) latencies.splice(0, LATENCIES_MAX / 10)
  }

  return {
    asked: (requestId, atMs) => pair(requestId, askedAtMs, answeredAtMs, atMs),
    answered: (requestId, atMs) => pair(requestId, answeredAtMs, askedAtMs, atMs),
    quantiles: () => quantilesOf(latencies),
  }
}
