import { request as requestByTls } from 'node:https'
import type { TlsOptions } from './fs-tls.ts'

export interface FetchByTlsInit {
  method: string
  headers: Record<string, string>
  signal: AbortSignal
  body?: string | Uint8Array
}

/** As fetch, which takes no authority of one's own. */
export function fetchByTls(
  url: string,
  { body, ...init }: FetchByTlsInit,
  tls: TlsOptions,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) =>
      reject(init.signal.aborted ? init.signal.reason : new TypeError('fetch failed', { cause }))
    const sent = requestByTls(url, { ...init, ...tls, agent: false }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('error', failed)
      answer.on('end', () => {
        const status = answer.statusCode ?? 500
        const headers = new Headers()
        for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value))
        const isEmpty = status === 204 || status === 304
        resolve(new Response(isEmpty ? null : Buffer.concat(parts), { status, headers }))
      })
    })
    sent.on('error', failed)
    sent.end(body)
  })
}
