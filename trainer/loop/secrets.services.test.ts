import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Addresses } from '#streams'
import { type SecuredRedis, startFeedloop, startSecuredRedis } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { openOwnFeed } from './testing/own-feed.ts'

const PLANTED = {
  redis: 'planted-redis-7f3a',
  wrong: 'planted-wrong-91bc',
  registry: 'planted-registry-55d0',
  configured: 'planted-configured-2e4f',
  mlflow: 'planted-mlflow-c07d',
}

describeServices('secrets of a run', (services) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-secrets-'))
  let secured: SecuredRedis
  let addresses: Addresses
  const outputs: string[] = []

  beforeAll(async () => {
    secured = await startSecuredRedis([`user feed on >${PLANTED.redis} ~* &* +@all`])
    const passwordFile = path.join(folder, 'password')
    writeFileSync(passwordFile, PLANTED.redis)
    chmodSync(passwordFile, 0o600)
    const registry = new URL(services.registry.url)
    registry.username = 'feed'
    registry.password = PLANTED.registry
    const redis = { url: secured.redis.url, ...secured.as('feed', ''), password: { file: passwordFile } }
    addresses = { kafka: services.kafka, registry: { url: registry.href }, redis }
  })
  afterAll(async () => {
    await secured.close()
    rmSync(folder, { recursive: true })
  })

  /** What a command wrote, and the command lines of all processes while it ran. */
  async function ran(argv: string[], where: Addresses, environment: Record<string, string> = {}) {
    const running = startFeedloop(argv, where, environment)
    running.mayEnd()
    const watch = setInterval(
      () => outputs.push(execFileSync('ps', ['-eo', 'args', 'ww'], { encoding: 'utf8' })),
      300,
    )
    try {
      const { stdout, stderr } = await running.ended
      outputs.push(stdout, stderr)
      return `${stdout}${stderr}`
    } finally {
      clearInterval(watch)
    }
  }

  it('are in nothing that it writes, and on no command line', async () => {
    const feed = await openOwnFeed(addresses, 'secrets')
    try {
      const wrong = { ...addresses, redis: { ...addresses.redis, password: PLANTED.wrong } }
      const named = { FEEDLOOP_PREFIX: feed.prefix }
      const doctor = ran(['doctor', '--json'], addresses, named)
      const refused = ran(['doctor'], wrong, named)
      const status = ran(['stack', 'status'], wrong)
      const mlflow = { MLFLOW_TRACKING_URI: `http://u:${PLANTED.mlflow}@127.0.0.1:1` }
      const track = ran(['track', 'status', '--json'], addresses, {
        ...mlflow,
        MLFLOW_TRACKING_TOKEN: PLANTED.mlflow,
      })
      const features = ran(['run', 'features', '--metrics-port', '0'], wrong, named)
      expect(await doctor).toContain('redis commands')
      expect(await refused).toContain('refuses the login of user')
      expect(await status).toContain('***')
      expect(await track).toContain('MLflow at http://127.0.0.1:1: nobody answers')
      expect(await features).toContain('refuses the login')
      const running = feed.run('features', '--metrics-port', '0')
      await running.wrote('partitions_assigned')
      outputs.push(execFileSync('ps', ['-eo', 'args', 'ww'], { encoding: 'utf8' }))
      await running.kill()
      const { stdout, stderr } = await running.ended
      outputs.push(stdout, stderr)
    } finally {
      await feed.close()
    }
    for (const file of readdirSync(folder).filter((name) => name !== 'password'))
      outputs.push(readFileSync(path.join(folder, file), 'utf8'))
    expect(outputs.length).toBeGreaterThan(10)
    for (const secret of Object.values(PLANTED)) expect(outputs.join('\n')).not.toContain(secret)
  })

  it('of the configuration are not in what check prints', async () => {
    const password = PLANTED.configured
    const config = {
      redis: { username: 'u', password },
      registry: { url: `http://u:${password}@h:1`, token: password },
      trainer: { tracking: { url: `http://u:${password}@h:1`, username: 'u', password, token: password } },
    }
    writeFileSync(path.join(folder, 'feedloop.config.ts'), `export default ${JSON.stringify(config)}\n`)
    const bin = path.resolve(import.meta.dirname, '../../streams/setup/feedloop.mjs')
    const written = execFileSync(process.execPath, [bin, 'check', '--json'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(written).toContain('"username": "u"')
    expect(written).not.toContain(password)
  })
})
