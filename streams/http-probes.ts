import type { FastifyInstance } from 'fastify'
import { codeOf, OperatorError } from './errors.ts'
import { refuse } from './http-problem.ts'
import type { Readiness } from './http-readiness.ts'

export interface Probes {
  readiness(): Promise<Readiness>
  /** What /readyz says beside its status. */
  facts?(): Record<string, unknown>
  /** Prometheus text; without it /metrics answers 404. */
  metricsText?: (() => Promise<string>) | undefined
}

/**
 * GET /healthz: 200, the process answers; what is away does not count, since a restart would not bring it back. GET /readyz:
 * 200 when it is ready or degraded, 503 when it is starting or stopping; both tell every check. GET /metrics: Prometheus
 * text.
 */
export function addProbes(server: FastifyInstance, { readiness, facts, metricsText }: Probes): void {
  server.get('/healthz', async () => ({ status: 'alive', checks: (await readiness()).checks }))
  server.get('/readyz', async (_, reply) => {
    const { status, checks } = await readiness()
    const isServing = status === 'ready' || status === 'degraded'
    return reply.code(isServing ? 200 : 503).send({ status, ...(facts?.() ?? {}), checks })
  })
  server.get('/metrics', async (_, reply) => {
    if (metricsText === undefined)
      return refuse(reply, { status: 404, code: 'no_metrics', detail: 'This process keeps no metrics.' })
    return reply.type('text/plain; version=0.0.4').send(await metricsText())
  })
}

export interface Listening {
  readonly url: string
  close(): Promise<void>
}

/**
 * Listens; 0 takes a free port.
 *
 * @param setting what an operator changes when the port is taken
 * @throws OperatorError `http_port_taken`
 */
export async function listenOn(
  server: FastifyInstance,
  { host, port, setting }: { host: string; port: number; setting: string },
): Promise<Listening> {
  try {
    await server.listen({ host, port })
  } catch (cause) {
    await server.close()
    if (codeOf(cause) !== 'EADDRINUSE') throw cause
    const message = `Port ${port} of ${host} is taken by another program: set ${setting} to a free one.`
    throw new OperatorError('http_port_taken', message, { cause })
  }
  const address = server.addresses()[0]
  const bound = typeof address === 'object' ? address.port : port
  return { url: `http://${host}:${bound}`, close: () => server.close() }
}
