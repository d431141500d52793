import {
  createServer as createPlain,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecure, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { RegistryRefusedError, SchemaIncompatibleError } from '../errors.ts'
import { createMemoryRegistry } from '../memory-registry.ts'
import type { SchemaRegistry } from '../schema-registry.ts'

export interface ServedRegistry {
  url: string
  close(): Promise<void>
}

export interface ServedRegistryOptions {
  /** What it keeps; one of its own when not given. */
  registry?: SchemaRegistry
  /** Before every path. */
  prefix?: string
  /** Certificate and key; left out: http. */
  tls?: ServerOptions
  /** Of `authorization` headers: 200 to go on, or what to answer. */
  judge?(authorization: string | undefined): number
}

type Answer = [status: number, body: unknown]

/** The registry in memory behind as much of the Confluent protocol as our clients speak. */
export async function serveMemoryRegistry(options: ServedRegistryOptions = {}): Promise<ServedRegistry> {
  const { registry = createMemoryRegistry(), prefix = '', tls, judge = () => 200 } = options
  const answering = createAnswers(registry)

  async function answer(request: IncomingMessage): Promise<Answer> {
    const path = request.url ?? ''
    const judged = judge(request.headers.authorization)
    if (judged !== 200) return [judged, { error_code: judged, message: 'judged' }]
    if (!path.startsWith(`${prefix}/`)) return [404, { error: 'no such page' }]
    const parts = path
      .slice(prefix.length + 1)
      .split(/[/?]/)
      .map(decodeURIComponent)
    return answering(`${request.method ?? ''} ${parts[0] ?? ''}`, parts, await bodyOf(request))
  }

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
      response.end(JSON.stringify(body))
    })
  }
  const server: Server = tls === undefined ? createPlain(listener) : createSecure(tls, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}${prefix}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

function createAnswers(registry: SchemaRegistry) {
  const subjects = new Set<string>()
  const levels = new Map<string, string>()
  return async function answering(
    asked: string,
    parts: string[],
    body: Record<string, string>,
  ): Promise<Answer> {
    const name = parts[1] ?? ''
    switch (asked) {
      case 'GET subjects':
        return [200, [...subjects]]
      case 'GET config':
        return levels.has(name)
          ? [200, { compatibilityLevel: levels.get(name) }]
          : [404, { error_code: 40408, message: 'no level' }]
      case 'PUT config':
        levels.set(name, body['compatibility'] ?? '')
        return [200, body]
      case 'GET schemas': {
        const schema = await registry.schemaById(Number(parts[2]))
        return schema === null ? [404, { error_code: 40403, message: 'Schema not found' }] : [200, { schema }]
      }
      case 'POST subjects':
        return parts[2] === 'versions'
          ? register(name, body['schema'] ?? '')
          : found(await registry.lookup(name, body['schema'] ?? ''))
      default:
        return [404, { error_code: 404, message: 'unknown' }]
    }
  }

  async function register(subject: string, schema: string): Promise<Answer> {
    try {
      const id = await registry.register(subject, schema)
      subjects.add(subject)
      return [200, { id }]
    } catch (error) {
      const message = String(error)
      if (error instanceof SchemaIncompatibleError) return [409, { error_code: 409, message }]
      if (error instanceof RegistryRefusedError) return [422, { error_code: 42201, message }]
      return [500, { error_code: 500, message }]
    }
  }
}

const found = (id: number | null): Answer =>
  id === null ? [404, { error_code: 40403, message: 'Schema not found' }] : [200, { id }]

async function bodyOf(request: IncomingMessage): Promise<Record<string, string>> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const text = Buffer.concat(parts).toString()
  return text === '' ? {} : (JSON.parse(text) as Record<string, string>)
}
