import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TrackingAddress } from '../address.ts'
import { createFakeMlflowStore, type FakeMlflowStore } from './fake-mlflow-store.ts'

/** What goes wrong with a request, before it is done or after: undefined, nothing does. */
export type Fault =
  /** It is not done, and this is answered. */
  | { status: number; body?: string; headers?: Record<string, string> }
  /** It is not done, and never answered. */
  | 'hang'
  /** It is done, and its answer is lost. */
  | 'lose'

export interface FakeMlflow {
  readonly address: TrackingAddress
  readonly store: FakeMlflowStore
  /** Asked before each request. @param what `POST runs/create`, `PUT artifacts`, `GET version` */
  fault: (what: string) => Fault | undefined
  version: string
  readonly requests: string[]
  close(): Promise<void>
}

const USER = { username: 'admin', password: 'fake-password-5c1d' }

/** An MLflow server in memory, held to the same suite as the real one (`mlflow-conformance.ts`). */
export async function startFakeMlflow(tls?: { cert: string; key: string }): Promise<FakeMlflow> {
  const store = createFakeMlflowStore()
  const requests: string[] = []
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    void readAll(request).then((bytes) => serve(request, response, bytes))
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const fake: FakeMlflow = {
    address: { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`, ...USER },
    store,
    fault: () => undefined,
    version: '3.17.2',
    requests,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  function serve(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
    const url = new URL(request.url ?? '/', fake.address.url)
    const method = request.method ?? 'GET'
    const path = url.pathname.replace(/^\/(api\/2\.0\/mlflow(-artifacts)?\/)?/, '')
    const isFile = path.startsWith('artifacts/')
    const what = `${method} ${isFile ? 'artifacts' : path}`
    requests.push(what)
    const send = (status: number, body: string | Buffer, headers: Record<string, string> = {}) =>
      response.writeHead(status, headers).end(body)
    if (!/^127\.0\.0\.1:/.test(request.headers.host ?? ''))
      return void send(403, 'Invalid Host header - possible DNS rebinding attack detected')
    const login = `Basic ${Buffer.from(`${USER.username}:${USER.password}`).toString('base64')}`
    if (request.headers.authorization !== login) return void send(401, 'You are not authenticated.')
    const fault = fake.fault(what)
    if (fault === 'hang') return
    if (typeof fault === 'object') return void send(fault.status, fault.body ?? '', fault.headers)
    const { status, body } = answerTo({ method, path, url, bytes })
    if (fault === 'lose') request.socket.destroy()
    else send(status, body)
  }

  function answerTo({ method, path, url, bytes }: { method: string; path: string; url: URL; bytes: Buffer }) {
    if (path === 'version') return { status: 200, body: fake.version }
    if (path.startsWith('artifacts/')) return fileAnswer(method, decodeURIComponent(path.slice(10)), bytes)
    const fields: Record<string, unknown> =
      method === 'GET'
        ? Object.fromEntries(url.searchParams)
        : (JSON.parse(bytes.toString()) as Record<string, unknown>)
    const { status, body } = store.answer(method, path, fields)
    return { status, body: JSON.stringify(body) }
  }

  function fileAnswer(
    method: string,
    path: string,
    bytes: Buffer,
  ): { status: number; body: string | Buffer } {
    if (method === 'PUT') {
      store.artifacts.set(path, bytes)
      return { status: 200, body: '{}' }
    }
    const found = store.artifacts.get(path)
    const none = JSON.stringify({
      error_code: 'RESOURCE_DOES_NOT_EXIST',
      message: `No such artifact: '${path}'`,
    })
    return found === undefined ? { status: 404, body: none } : { status: 200, body: found }
  }

  return fake
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
