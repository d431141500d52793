import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLogger } from '#streams'
import { StoreEvictsError, StoreUnavailableError, StoreUnreachableError } from './errors.ts'
import { createMemoryStore } from './memory-store.ts'
import { awaitedStore, outlastOutages } from './redis-awaited.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const away = () => Promise.reject(new StoreUnreachableError('host:6379', new Error('ECONNREFUSED')))

function recorded() {
  const told: { event: string; fields: object }[] = []
  const note = (fields: object, event: string) => void told.push({ event, fields })
  return { told, log: { ...silentLogger, warn: note, info: note } }
}

describe('a store that is away when its service starts', () => {
  it('is waited for, which is said; until it is there every call says that it is not', async () => {
    const { told, log } = recorded()
    let tries = 0
    const store = awaitedStore(() => (++tries < 4 ? away() : Promise.resolve(createMemoryStore())), {
      awaySecondsMax: 60,
      log,
    })
    await expect(store.fences(['t'])).rejects.toBeInstanceOf(StoreUnavailableError)
    await vi.advanceTimersByTimeAsync(400)
    await expect(store.read({ fences: ['t'], blobs: [] })).rejects.toThrow(/host:6379/)
    await vi.advanceTimersByTimeAsync(2_000)
    await store.opened
    expect(await store.fences(['t'])).toEqual([null])
    expect(told[0]).toMatchObject({
      event: 'feature_store_awaited',
      fields: { detail: expect.stringMatching(/No Redis answers at host:6379/), waitsSeconds: 60 },
    })
    expect(told.at(-1)?.event).toBe('feature_store_answers')
  })

  it('is not waited for longer than the bound', async () => {
    const store = awaitedStore(away, { awaySecondsMax: 2, log: silentLogger })
    const opened = expect(store.opened).rejects.toBeInstanceOf(StoreUnreachableError)
    await vi.advanceTimersByTimeAsync(3_000)
    await opened
  })

  it('is not waited for when a person must mend it', async () => {
    const evicts = () => Promise.reject(new StoreEvictsError('host:6379', 'allkeys-lru'))
    const store = awaitedStore(evicts, { awaySecondsMax: 60, log: silentLogger })
    await expect(store.opened).rejects.toBeInstanceOf(StoreEvictsError)
  })

  it('is not tried any more once it is closed', async () => {
    let tries = 0
    const store = awaitedStore(() => (tries++, away()), { awaySecondsMax: 60, log: silentLogger })
    await vi.advanceTimersByTimeAsync(600)
    await store.close()
    await vi.advanceTimersByTimeAsync(60_000)
    await store.opened
    expect(tries).toBeLessThan(4)
  })
})

describe('an outage that a batch does not sit out', () => {
  const outage = new StoreUnavailableError('write a batch', new Error('closed'))
  const never = () => false

  it('is waited for until the store answers', async () => {
    let asked = 0
    const fences = () => (++asked < 5 ? Promise.reject(outage) : Promise.resolve([]))
    const waited = outlastOutages({ fences }, { awaySecondsMax: 60, log: silentLogger })(outage, never)
    await vi.advanceTimersByTimeAsync(10_000)
    await waited
    expect(asked).toBe(5)
  })

  it('ends the service when it is longer than the bound, also when the store answers reads in between', async () => {
    const outlast = outlastOutages(
      { fences: () => Promise.resolve([]) },
      { awaySecondsMax: 30, log: silentLogger },
    )
    let waits = 0
    const cycle = async () => {
      for (;;) {
        await outlast(outage, never)
        waits += 1
        await new Promise((wake) => setTimeout(wake, 6_000))
      }
    }
    const ended = expect(cycle()).rejects.toBe(outage)
    await vi.advanceTimersByTimeAsync(60_000)
    await ended
    expect(waits).toBeGreaterThan(2)
  })

  it('is another one after a calm minute', async () => {
    const outlast = outlastOutages(
      { fences: () => Promise.resolve([]) },
      { awaySecondsMax: 30, log: silentLogger },
    )
    for (let time = 0; time < 3; time++) {
      const waited = outlast(outage, never)
      await vi.advanceTimersByTimeAsync(61_000)
      await waited
    }
  })

  it('is not waited for by who is being stopped', async () => {
    const fences = () => Promise.reject(outage)
    let isStopping = false
    const waited = outlastOutages({ fences }, { awaySecondsMax: 60, log: silentLogger })(
      outage,
      () => isStopping,
    )
    isStopping = true
    await vi.advanceTimersByTimeAsync(1_000)
    await waited
  })
})
