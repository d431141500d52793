import { afterEach, expect, it } from 'vitest'
import { METRICS_URL, startFeedloop, until } from '#streams/testing'
import { openOwnFeed } from './testing/own-feed.ts'
import { describeServices } from '#streams/testing/services'
import { catalogueOf, requestHttp } from '#streams'
import { sampleRecords } from '#schemas/testing'
import { tellDeadLetters } from './demo/kafka-told-letters.ts'

const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Found {
  check: string
  verdict: string
}

describeServices('commands for operations', (addresses) => {
  async function started(argv: readonly string[], prefix?: string) {
    const feed = await openOwnFeed(addresses, 'operations')
    cleanups.push(() => feed.close())
    const process = startFeedloop(argv, addresses, { FEEDLOOP_PREFIX: prefix ?? feed.prefix })
    process.mayEnd()
    cleanups.push(() => process.kill())
    return process
  }

  it('doctor ends with 0 when nothing failed', async () => {
    const { exitCode, stdout } = await (await started(['doctor', '--json'])).ended
    const found = JSON.parse(stdout) as Found[]
    expect(found.filter(({ verdict }) => verdict === 'failed')).toEqual([])
    expect(found.length).toBeGreaterThan(10)
    expect(exitCode).toBe(0)
  })

  it('doctor ends with 1 and says what to do when something did', async () => {
    const { exitCode, stdout } = await (await started(['doctor'], 'nobody-made-this')).ended
    expect(stdout).toMatch(/What to do:\n- .*feedloop topics apply/s)
    expect(exitCode).toBe(1)
  })

  it('run --metrics-port serves what the service and its process tell', async () => {
    const running = await started(['run', 'features', '--metrics-port', '0'])
    const url = await running.said(METRICS_URL)
    const ask = async (path: string) => (await requestHttp(url + path)).text()
    expect(JSON.parse(await ask('/healthz'))).toMatchObject({ status: 'alive' })
    const ok = { status: 'ok' }
    await until(
      'the service to be ready',
      async () => (JSON.parse(await ask('/readyz')) as { status: string }).status === 'ready',
    )
    expect(JSON.parse(await ask('/readyz'))).toEqual({
      status: 'ready',
      checks: { 'features.store': ok, 'features.brokers': ok, 'features.stages': ok },
    })
    const metrics = await ask('/metrics')
    expect(metrics).toContain('feedloop_partitions_assigned_total{stage="features-user"} 4')
    expect(metrics).toContain('nodejs_eventloop_lag_p99_seconds')
    expect(await running.stop()).toBe(0)
  })

  it('run --metrics-port says which port is taken', async () => {
    const running = await started(['run', 'features', '--metrics-port', new URL(addresses.registry.url).port])
    const { exitCode, stderr } = await running.ended
    expect(stderr).toMatch(/Port \d+ of 127.0.0.1 is taken by another program: set --metrics-port/)
    expect(exitCode).toBe(1)
  })

  it('a run that fails tells what was dead-lettered before its topics go', async () => {
    const feed = await openOwnFeed(addresses, 'operations')
    cleanups.push(() => feed.close())
    const nowMs = Date.now()
    const letter = { ...sampleRecords.deadLetters, reason: 'far_future', detail: 'a day', diedAtMs: nowMs }
    const outputs = await feed.runtime.outputs('test')
    outputs.add('deadLetters', { key: letter.topic, value: letter })
    await outputs.flush()
    await outputs.close()
    const said: string[] = []
    await tellDeadLetters(addresses, catalogueOf(feed.config), { nowMs, announce: (text) => said.push(text) })
    expect(said).toEqual([`dead-lettered: 1 far_future of ${letter.topic}, the newest: a day`])
  })

  it('lag --watch --json writes a line each time, until Ctrl-C', async () => {
    const watching = await started(['lag', '--json', '--watch'])
    const twice = await watching.said(/^(\[.*\]\n\[.*\])$/m)
    watching.child.kill('SIGINT')
    for (const line of twice.split('\n')) expect(JSON.parse(line)).toBeInstanceOf(Array)
    expect((await watching.ended).exitCode).toBe(0)
  })
})
