import autocannon from 'autocannon'

/** What one load got out of a server. */
export interface HttpLoad {
  requestsPerSecond: number
  p50: number
  p99: number
  /** Answers that were none: errors, time-outs, other than 200, or without a model. */
  failed: number
}

export interface HttpLoadOptions {
  url: string
  connections: number
  seconds: number
  /** `[<id>]` in them becomes another text each time. */
  bodies: readonly string[]
  /** What every answer holds. */
  mustHold: string
}

/** A closed loop: each connection asks again when it has its answer. Latencies in ms. */
export async function loadHttp(options: HttpLoadOptions): Promise<HttpLoad> {
  const { url, connections, seconds, bodies, mustHold } = options
  const result = await autocannon({
    ...{ url, connections, duration: seconds, method: 'POST', idReplacement: true },
    headers: { 'content-type': 'application/json' },
    requests: bodies.map((body) => ({ body, method: 'POST' as const })),
    verifyBody: (body) => body?.includes(mustHold) === true,
  })
  const { errors, timeouts, non2xx, mismatches, requests, latency } = result
  return {
    requestsPerSecond: requests.average,
    ...{ p50: latency.p50, p99: latency.p99 },
    failed: errors + timeouts + non2xx + mismatches,
  }
}
