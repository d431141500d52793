import { collectDefaultMetrics } from 'prom-client'
import Fastify from 'fastify'
import { addProbes, type Listening, listenOn } from './http-probes.ts'
import { addRefusals } from './http-problem.ts'
import type { Readiness } from './http-readiness.ts'
import type { SignalRegistry } from './signal-registry.ts'

/** Gauges of prom-client that end like counters; without the ending the same numbers are there by type. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

export interface MetricsServerOptions {
  host: string
  /** 0 takes a free one. */
  port: number
  signals: SignalRegistry
  readiness(): Promise<Readiness>
}

/**
 * GET /metrics, /healthz and /readyz for a process that listens to nothing else: what the parts tell, and what
 * prom-client tells of the process (CPU time, memory, garbage collection, how late the event loop is).
 *
 * @throws OperatorError `http_port_taken`
 */
export async function startMetricsServer(options: MetricsServerOptions): Promise<Listening> {
  const { host, port, signals, readiness } = options
  collectDefaultMetrics({ register: signals.registry })
  for (const name of MISNAMED) signals.registry.removeSingleMetric(name)
  const server = Fastify({ logger: false, forceCloseConnections: true })
  addRefusals(server)
  addProbes(server, { readiness, metricsText: () => signals.expose() })
  return listenOn(server, { host, port, setting: '--metrics-port' })
}
