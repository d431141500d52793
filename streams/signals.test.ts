import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSignals } from './signal-registry.ts'
import { LOG_EVENTS, STREAMS_SIGNALS } from './signals.ts'

/** Every `signals.count('name'`, `.gauge(` and `.observe(` of this folder. */
function usedNames(): Map<string, string> {
  const used = new Map<string, string>()
  for (const file of readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue
    const text = readFileSync(`${import.meta.dirname}/${file}`, 'utf8')
    for (const [, method, name] of text.matchAll(/signals\.(count|gauge|observe)\('(\w+)'/g))
      used.set(name!, method!)
  }
  return used
}

describe('STREAMS_SIGNALS', () => {
  it('declares what the code uses, and nothing else', () => {
    const methods = { counter: 'count', gauge: 'gauge', histogram: 'observe' }
    const declared = new Map(STREAMS_SIGNALS.map(({ name, kind }) => [name as string, methods[kind]]))
    expect(new Map([...usedNames()].sort())).toEqual(new Map([...declared].sort()))
  })
})

describe('LOG_EVENTS', () => {
  it('are all logged somewhere', () => {
    const root = join(import.meta.dirname, '..')
    const files = ['streams', '.'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: folder !== '.', encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
        .map((file) => readFileSync(join(root, folder, file), 'utf8')),
    )
    const code = files.join('\n')
    for (const key of Object.keys(LOG_EVENTS)) expect(code).toContain(`LOG_EVENTS.${key}`)
  })
})

describe('createSignals', () => {
  it('exposes counters, gauges and histograms under one prefix', async () => {
    const signals = createSignals([
      { kind: 'histogram', name: 'waited_seconds', help: 'h', labels: [], buckets: [1, 10] },
    ])
    signals.count('records_dropped', { stage: 's', topic: 't', reason: 'r' }, 2)
    signals.gauge('partition_lagged_records', 7, { stage: 's', topic: 't', partition: '0' })
    signals.observe('waited_seconds', 5)
    const text = await signals.expose()
    expect(text).toContain('feedloop_records_dropped_total{stage="s",topic="t",reason="r"} 2')
    expect(text).toContain('feedloop_partition_lagged_records{stage="s",topic="t",partition="0"} 7')
    expect(text).toContain('feedloop_waited_seconds_bucket{le="10"} 1')
  })
  it('does not stop a stage over a name or label that nobody declared', async () => {
    const signals = createSignals()
    signals.count('surprises_seen', { kind: 'a' })
    signals.count('surprises_seen', { other: 'b' })
    signals.count('batches_sought', { stage: 's', extra: 'x' })
    expect(await signals.expose()).toContain('feedloop_batches_sought_total{stage="s"} 1')
  })
})
