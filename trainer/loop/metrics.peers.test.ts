import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { allMetricsText } from './testing/all-metrics.ts'

const run = promisify(execFile)
const folder = path.join(import.meta.dirname, '../../.feedloop/peers/prometheus')
const promtool = path.join(folder, 'usr/bin/promtool')
const isThere = await run('apt-get', ['--version']).then(
  () => true,
  () => false,
)
if (!isThere && process.env['REQUIRE_SERVICES'] === '1')
  throw new Error('REQUIRE_SERVICES=1 and there is no apt-get')

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
    if (existsSync(promtool)) return
    mkdirSync(folder, { recursive: true })
    await run('apt-get', ['download', 'prometheus'], { cwd: folder })
    const deb = readdirSync(folder).find((file) => file.endsWith('.deb'))
    await run('dpkg', ['-x', path.join(folder, deb!), folder])
  })

  it('finds what is named against the rules', async () => {
    const bad = '# HELP feedloop_waited_ms waited\n# TYPE feedloop_waited_ms gauge\nfeedloop_waited_ms 1\n'
    expect(await check(bad)).toContain('feedloop_waited_ms')
  })

  it('has nothing to say about ours', async () => {
    expect(await check(await allMetricsText())).toBe('')
  })
})
