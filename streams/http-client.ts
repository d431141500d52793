import { fetchByTls, type TlsOptions } from '#schemas'

export interface HttpRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Sent as JSON. */
  body?: unknown
  /** Sent as they are, instead of a body. */
  bytes?: Uint8Array<ArrayBuffer>
  /** Sent as a form, instead of a body. */
  form?: Readonly<Record<string, string>>
  /** HTTP Basic. */
  basic?: { user: string; password: string }
  /** HTTP Bearer, instead of it. */
  bearer?: string
  /** Bound of the whole request. */
  requestMs?: number
  /** Ends it earlier. */
  signal?: AbortSignal
  /** Of an https URL with an authority of its own; left out: those that Node knows. */
  tls?: TlsOptions
}

/** One HTTP request to a service that is not the schema registry (that has a client of its own in #schemas). */
export function requestHttp(url: string, request: HttpRequest = {}): Promise<Response> {
  const { method = 'GET', requestMs = 10_000, signal, tls } = request
  const timeout = AbortSignal.timeout(requestMs)
  const sent = sentBy(request)
  const init = {
    method,
    signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    headers: { ...loginOf(request), ...(sent === null ? {} : { 'content-type': sent.type }) },
    ...(sent === null ? {} : { body: sent.body }),
  }
  return tls !== undefined && url.startsWith('https:') ? fetchByTls(url, init, tls) : fetch(url, init)
}

function loginOf({ basic, bearer }: HttpRequest): Record<string, string> {
  if (bearer !== undefined) return { authorization: `Bearer ${bearer}` }
  if (basic === undefined) return {}
  return {
    authorization: `Basic ${Buffer.from(`${basic.user}:${basic.password}`).toString('base64')}`,
  }
}

function sentBy({
  body,
  form,
  bytes,
}: HttpRequest): { body: string | Uint8Array<ArrayBuffer>; type: string } | null {
  if (form !== undefined)
    return { body: new URLSearchParams(form).toString(), type: 'application/x-www-form-urlencoded' }
  if (bytes !== undefined) return { body: bytes, type: 'application/octet-stream' }
  return body === undefined ? null : { body: JSON.stringify(body), type: 'application/json' }
}
