export interface HttpRequest {
  method?: 'GET' | 'POST'
  /** Sent as JSON. */
  body?: unknown
  /** Sent as a form, instead of a body. */
  form?: Readonly<Record<string, string>>
  /** HTTP Basic. */
  basic?: { user: string; password: string }
  /** Bound of the whole request. */
  requestMs?: number
}

/** One HTTP request to a service that is not the schema registry (that has a client of its own in #schemas). */
export function requestHttp(
  url: string,
  { method = 'GET', body, form, basic, requestMs = 10_000 }: HttpRequest = {},
): Promise<Response> {
  const authorization: Record<string, string> =
    basic === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${basic.user}:${basic.password}`).toString('base64')}` }
  const sent =
    form !== undefined
      ? { body: new URLSearchParams(form).toString(), type: 'application/x-www-form-urlencoded' }
      : body === undefined
        ? null
        : { body: JSON.stringify(body), type: 'application/json' }
  return fetch(url, {
    method,
    signal: AbortSignal.timeout(requestMs),
    headers: { ...authorization, ...(sent === null ? {} : { 'content-type': sent.type }) },
    ...(sent === null ? {} : { body: sent.body }),
  })
}
