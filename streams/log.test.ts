import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, vi } from 'vitest'
import { readSecret } from './fs-secret.ts'
import { createLogger } from './log.ts'
import { LOG_EVENTS } from './signals.ts'

it('writes no secret, wherever it stands in a line', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-log-'))
  const file = path.join(folder, 'log')
  const secret = readSecret('planted"secret', 'x')
  const event = LOG_EVENTS.consumerReplaced
  const log = createLogger({ name: 'test', file })
  log.info({ url: 'redis://a:hunter2@host', deep: { password: 'p1', said: `WRONGPASS ${secret}` } }, event)
  log.error({ error: new Error(`login with ${secret} failed`), token: 't1' }, event)
  const written = readFileSync(file, 'utf8')
  rmSync(folder, { recursive: true })
  for (const hidden of [secret, 'planted', 'hunter2', 'p1', 't1']) expect(written).not.toContain(hidden)
  expect(written).toContain('redis://a:***@host')
  for (const line of written.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ name: 'test' })
})

it('writes a warning that comes with every request once, then how often it came', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-log-'))
  const file = path.join(folder, 'log')
  vi.useFakeTimers()
  try {
    const log = createLogger({ name: 'test', file })
    for (let count = 0; count < 268; count++)
      log.warn({ code: 'store_unavailable', requests: count }, LOG_EVENTS.fetchFailed)
    log.info({ url: 'a' }, LOG_EVENTS.metricsListening)
    log.info({ url: 'a' }, LOG_EVENTS.metricsListening)
    vi.advanceTimersByTime(31_000)
  } finally {
    vi.useRealTimers()
  }
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  rmSync(folder, { recursive: true })
  const [first, ...later] = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(first).toMatchObject({ msg: 'fetch_failed', requests: 0 })
  expect(first).not.toHaveProperty('repeated')
  expect(later.map(({ msg }) => msg)).toEqual(['metrics_listening', 'metrics_listening', 'fetch_failed'])
  expect(later.at(-1)).toMatchObject({ requests: 267, repeated: 267, withinSeconds: 30 })
})
