import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { STREAMS_SIGNALS, type SignalDeclaration } from './signals.ts'
import type { Signals } from './stage.ts'

export interface SignalRegistry extends Signals {
  /** For a /metrics page: Prometheus text. */
  expose(): Promise<string>
  /** Where they are kept. */
  readonly registry: Registry
}

export const SIGNAL_PREFIX = 'feedloop_'

/**
 * Signals behind prom-client: counters end in `_total`, all names begin with `feedloop_`.
 *
 * Telemetry must not stop a stage: a name nobody declared is made at its first use (help: "undeclared"), and a
 * label that was not declared is left out. Tests of each part hold its names to its signals.ts.
 *
 * @param declared what the parts of this process declare in their signals.ts; streams' own are always there
 */
export function createSignals(...declared: (readonly SignalDeclaration[])[]): SignalRegistry {
  const registry = new Registry()
  const known = new Map<string, SignalDeclaration>()
  for (const declaration of [STREAMS_SIGNALS, ...declared].flat()) known.set(declaration.name, declaration)

  const shapeOf = (name: string, labels: object) => {
    const { help, labels: labelNames } = known.get(name) ?? {
      help: 'undeclared',
      labels: Object.keys(labels),
    }
    return { name: SIGNAL_PREFIX + name, help, labelNames: [...labelNames], registers: [registry] }
  }
  const counter = metrics((name, labels) => {
    const shape = shapeOf(name, labels)
    return new Counter({ ...shape, name: `${shape.name}_total` })
  })
  const gauge = metrics((name, labels) => new Gauge(shapeOf(name, labels)))
  const histogram = metrics((name, labels) => {
    const buckets = known.get(name)?.buckets
    return new Histogram({
      ...shapeOf(name, labels),
      ...(buckets === undefined ? {} : { buckets: [...buckets] }),
    })
  })

  return {
    count: (name, labels = {}, by = 1) => {
      const { metric, pick } = counter(name, labels)
      metric.inc(pick(labels), by)
    },
    gauge: (name, value, labels = {}) => {
      const { metric, pick } = gauge(name, labels)
      metric.set(pick(labels), value)
    },
    observe: (name, value, labels = {}) => {
      const { metric, pick } = histogram(name, labels)
      metric.observe(pick(labels), value)
    },
    expose: () => registry.metrics(),
    registry,
  }

  function metrics<T>(create: (name: string, labels: object) => T) {
    const made = new Map<
      string,
      { metric: T; pick: (labels: Record<string, string>) => Record<string, string> }
    >()
    return (name: string, labels: Record<string, string>) => {
      let entry = made.get(name)
      if (entry === undefined) {
        const names = new Set(shapeOf(name, labels).labelNames)
        const pick = (given: Record<string, string>) =>
          Object.keys(given).every((key) => names.has(key))
            ? given
            : Object.fromEntries(Object.entries(given).filter(([key]) => names.has(key)))
        entry = { metric: create(name, labels), pick }
        made.set(name, entry)
      }
      return entry
    }
  }
}

/** Counts nothing: tests. */
export const silentSignals: Signals = {
  count: () => undefined,
  gauge: () => undefined,
  observe: () => undefined,
}
