import { describe, expect, it } from 'vitest'
import { deferred } from './deferred.ts'
import { createServices } from './services.ts'
import type { RunningService } from './stage.ts'

function fakeService() {
  const [ready, done] = [deferred(), deferred()]
  let stops = 0
  const service: RunningService = {
    ready: ready.promise,
    done: done.promise,
    checks: { store: () => ({ status: 'ok' }) },
    async stop() {
      stops += 1
      done.resolve()
    },
  }
  return { service, die: done.reject, stops: () => stops }
}

describe('services of one process', () => {
  it('tell their checks, those that are starting too', async () => {
    const [first, gate] = [fakeService(), deferred()]
    const services = createServices([
      ['scorer', () => Promise.resolve(first.service)],
      ['features', () => gate.promise.then(() => fakeService().service)],
    ])
    const running = services.run()
    await new Promise((resolve) => setImmediate(resolve))
    expect(Object.keys(services.checks())).toEqual(['scorer.store', 'features'])
    expect(services.checks()['features']!()).toMatchObject({ status: 'waiting' })
    gate.resolve()
    await new Promise((resolve) => setImmediate(resolve))
    expect(Object.keys(services.checks())).toEqual(['scorer.store', 'features.store'])
    await services.stop()
    await running
  })

  it('are all stopped when one of them dies', async () => {
    const [one, other] = [fakeService(), fakeService()]
    const services = createServices([
      ['one', () => Promise.resolve(one.service)],
      ['other', () => Promise.resolve(other.service)],
    ])
    const running = services.run()
    other.die(new Error('dead'))
    await expect(running).rejects.toThrow('dead')
    expect([one.stops(), other.stops()]).toEqual([1, 1])
  })

  it('are stopped while they start: what has begun is finished, and nothing begins after it', async () => {
    const [first, gate] = [fakeService(), deferred()]
    let begun = 0
    const services = createServices([
      ['one', () => gate.promise.then(() => first.service)],
      ['other', () => ((begun += 1), Promise.resolve(fakeService().service))],
    ])
    const running = services.run()
    const stopped = services.stop()
    expect(services.isStopping()).toBe(true)
    gate.resolve()
    await stopped
    await running
    expect([first.stops(), begun]).toEqual([1, 0])
  })

  it('that started are stopped when a later one cannot start', async () => {
    const one = fakeService()
    const services = createServices([
      ['one', () => Promise.resolve(one.service)],
      ['other', () => Promise.reject(new Error('port taken'))],
    ])
    await expect(services.run()).rejects.toThrow('port taken')
    expect(one.stops()).toBe(1)
  })
})
