import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { groupOf } from '#schemas'
import { createPlainKafka, environmentOf } from '#streams'
import { until } from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { openOwnFeed } from './testing/own-feed.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const cleanups: (() => Promise<unknown> | void)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const isThere = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Resolves with the first group when what the process writes matches. */
function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = ''
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      reject(new Error(`ended (${String(code)}) before ${String(pattern)}:\n${text}`)),
    )
    child.stderr!.setEncoding('utf8').on('data', (more: string) => {
      const found = pattern.exec((text += more))?.[1]
      if (found !== undefined) resolve(found)
    })
  })
}

describeServices('a service that npx started', (addresses) => {
  async function started(environment: Record<string, string> = {}) {
    const feed = await openOwnFeed(addresses, 'npm-gone')
    cleanups.push(() => feed.close())
    const npm = spawn('npx', ['--no-install', 'feedloop', 'run', 'features', '--metrics-port', '0'], {
      cwd: checkout,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environmentOf(addresses), FEEDLOOP_PREFIX: feed.prefix, ...environment },
    })
    cleanups.push(() => void npm.kill('SIGKILL'))
    const group = groupOf(feed.prefix, 'features-user')
    const assigned = said(npm, /"pid":(\d+).*"stage":"features-user".*partitions_assigned/)
    const pid = Number(await assigned)
    cleanups.push(() => void (isThere(pid) && process.kill(pid, 'SIGKILL')))
    expect(pid).not.toBe(npm.pid)
    return { npm, pid, group }
  }

  async function membersOf(group: string): Promise<number> {
    const admin = createPlainKafka(addresses.kafka).admin()
    await admin.connect()
    try {
      return (await admin.describeGroups([group])).groups[0]!.members.length
    } finally {
      await admin.disconnect()
    }
  }

  it.each(['SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('ends in order after %s to the npm', async (signal) => {
    const { npm, pid, group } = await started()
    expect(await membersOf(group)).toBe(1)
    npm.kill(signal)
    await until('the service to end', () => Promise.resolve(!isThere(pid)))
    // Left, not only silent: the session of a member that is killed goes on for a while.
    expect(await membersOf(group)).toBe(0)
  })

  it('goes on when it is told to outlive npm', async () => {
    const { npm, pid, group } = await started({ FEEDLOOP_OUTLIVE_NPM: 'true' })
    const ended = new Promise((resolve) => npm.once('exit', resolve))
    npm.kill('SIGTERM')
    await ended
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    expect(await membersOf(group)).toBe(1)
    process.kill(pid, 'SIGTERM')
    await until('the service to end', () => Promise.resolve(!isThere(pid)))
    expect(await membersOf(group)).toBe(0)
  })
})
