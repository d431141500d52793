import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createReadiness } from './http-readiness.ts'
import type { Check, Checks } from './stage.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** What was found is kept for a second. */
const later = () => void vi.advanceTimersByTime(1_000)

function readinessOf(checks: Record<string, Check>) {
  let isStopping = false
  const readiness = createReadiness(
    () => Object.fromEntries(Object.keys(checks).map((name) => [name, () => checks[name]!])),
    () => isStopping,
  )
  const status = async () => (later(), (await readiness()).status)
  return { readiness, status, stop: () => void (isStopping = true) }
}

it('is starting until everything was there once, and degraded when something goes away later', async () => {
  const checks: Record<string, Check> = {
    store: { status: 'waiting', reason: 'away' },
    model: { status: 'ok' },
  }
  const { readiness, status, stop } = readinessOf(checks)
  expect(await readiness()).toEqual({ status: 'starting', checks })
  checks['store'] = { status: 'ok' }
  expect(await status()).toBe('ready')
  checks['store'] = { status: 'waiting', reason: 'away' }
  expect(await status()).toBe('degraded')
  expect((await readiness()).checks['store']).toEqual({ status: 'waiting', reason: 'away' })
  checks['store'] = { status: 'ok' }
  expect(await status()).toBe('ready')
  stop()
  expect(await status()).toBe('stopping')
})

it('is degraded, not starting, when something goes away that was there while nobody asked', async () => {
  const checks: Record<string, Check> = { store: { status: 'waiting' } }
  const { readiness } = readinessOf(checks)
  await vi.advanceTimersByTimeAsync(5_000)
  expect((await readiness()).status).toBe('starting')
  checks['store'] = { status: 'ok' }
  await vi.advanceTimersByTimeAsync(2_000)
  checks['store'] = { status: 'waiting', reason: 'away' }
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await readiness()).toEqual({ status: 'degraded', checks })
})

it.each(['ready', 'stopping'])('asks by itself until it is %s', async (end) => {
  const checks: Record<string, Check> = { store: { status: 'waiting' } }
  const { stop } = readinessOf(checks)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(vi.getTimerCount()).toBeGreaterThan(0)
  if (end === 'ready') checks['store'] = { status: 'ok' }
  else stop()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(vi.getTimerCount()).toBe(0)
})

it('serves without what it does not need to begin', async () => {
  const { status } = readinessOf({ model: { status: 'degraded', reason: 'no model' } })
  expect(await status()).toBe('degraded')
})

it('answers in time though a check does not, and asks it once meanwhile', async () => {
  let asked = 0
  let answer!: (check: Check) => void
  const checks: Checks = { store: () => ((asked += 1), new Promise((resolve) => (answer = resolve))) }
  const readiness = createReadiness(
    () => checks,
    () => false,
  )
  for (let time = 0; time < 3; time++) {
    const answered = readiness()
    await vi.advanceTimersByTimeAsync(500)
    expect(await answered).toEqual({
      status: 'starting',
      checks: { store: { status: 'waiting', reason: 'no answer within 500 ms' } },
    })
  }
  expect(asked).toBe(1)
  answer({ status: 'ok' })
  await vi.advanceTimersByTimeAsync(0)
  expect((await readiness()).status).toBe('ready')
  expect(asked).toBe(1)
})

it('tells why a check failed', async () => {
  const checks: Checks = { store: () => Promise.reject(new Error('redis://a:hunter2@host is away')) }
  const readiness = createReadiness(
    () => checks,
    () => false,
  )
  const { reason } = (await readiness()).checks['store']!
  expect(reason).toContain('redis://a:***@host is away')
})
