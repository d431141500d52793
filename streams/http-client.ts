export interface HttpRequest {
  method?: 'GET' | 'POST'
  /** Sent as JSON. */
  body?: unknown
  /** Bound of the whole request. */
  requestMs?: number
}

/** One HTTP request to a service that is not the schema registry (that has a client of its own in #schemas). */
export function requestHttp(
  url: string,
  { method = 'GET', body, requestMs = 10_000 }: HttpRequest = {},
): Promise<Response> {
  return fetch(url, {
    method,
    signal: AbortSignal.timeout(requestMs),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
}
