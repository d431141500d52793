import { spawn } from 'node:child_process'
import path from 'node:path'
import { debianVersion, unpackDebian } from '#streams/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { allMetricsText } from './testing/all-metrics.ts'

let promtool: string
const isThere = (await debianVersion('prometheus')) !== null
if (!isThere && process.env['REQUIRE_SERVICES'] === '1')
  throw new Error('REQUIRE_SERVICES=1 and apt has no Prometheus')

/** What promtool says, empty when it finds nothing. */
async function check(text: string): Promise<string> {
  const child = spawn(promtool, ['check', 'metrics'])
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (said += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part))
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.stdin.end(text)
  await ended
  return said
}

describe.skipIf(!isThere)('promtool check metrics', () => {
  beforeAll(async () => {
    promtool = path.join(await unpackDebian('prometheus', ['prometheus']), 'promtool')
  })

  it('finds what is named against the rules', async () => {
    const bad = '# HELP feedloop_waited_ms waited\n# TYPE feedloop_waited_ms gauge\nfeedloop_waited_ms 1\n'
    expect(await check(bad)).toContain('feedloop_waited_ms')
  })

  it('has nothing to say about ours', async () => {
    expect(await check(await allMetricsText())).toBe('')
  })
})
