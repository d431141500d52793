import { describe, expect, it } from 'vitest'
import { ALL_SIGNALS, allMetricsText } from './testing/all-metrics.ts'

/** What Prometheus calls base units, as the last word of a name. @see https://prometheus.io/docs/practices/naming/ */
const OTHER_UNITS =
  /(^|_)(ms|us|ns|s|sec|secs|m|min|minutes?|h|hours?|d|days?|millis|milliseconds?|microseconds?|nanoseconds?|kb|mb|gb|kib|mib|gib|kilobytes|megabytes|percent)(_|$)/

describe('names of metrics', () => {
  it.each(ALL_SIGNALS.map(({ name, kind, help }) => [name, kind, help] as const))(
    '%s',
    (name, kind, help) => {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
      expect(name).not.toMatch(OTHER_UNITS)
      // The registry puts it behind counters; elsewhere it would say that a value only grows.
      expect(name).not.toMatch(/_(total|count|sum|bucket)$/)
      expect(name).not.toMatch(new RegExp(`(^|_)(counter|gauge|histogram|summary|${kind})(_|$)`))
      expect(help).not.toBe('')
    },
  )

  it('are each declared once', () => {
    const names = ALL_SIGNALS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('end in _total on the page when, and only when, they are counters', async () => {
    const types = [...(await allMetricsText()).matchAll(/^# TYPE (\S+) (\S+)$/gm)]
    expect(types.length).toBeGreaterThan(ALL_SIGNALS.length)
    for (const [, name, type] of types)
      expect([name, name!.endsWith('_total')]).toEqual([name, type === 'counter'])
  })
})
