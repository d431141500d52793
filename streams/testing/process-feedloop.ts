import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Addresses } from '../contract.ts'

const bin = fileURLToPath(new URL('../setup/feedloop.mjs', import.meta.url))

export interface FeedloopProcess {
  readonly child: ChildProcess
  /** Exit code and everything it wrote, when it has ended; the code is null when a signal ended it. */
  readonly ended: Promise<{ exitCode: number | null; stdout: string; stderr: string }>
  /** @throws Error with what it wrote last, when it has ended although nobody ended it */
  mustRun(): void
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
}

/**
 * The command as a user runs it, in a process of its own: `streams/setup/feedloop.mjs`, which makes dist/ anew when the
 * sources are newer.
 *
 * @param environment on top of the addresses; nothing else that begins with FEEDLOOP_ reaches the process
 */
export function startFeedloop(
  argv: readonly string[],
  addresses: Addresses,
  environment: Readonly<Record<string, string>> = {},
): FeedloopProcess {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('FEEDLOOP_') || name === 'FEEDLOOP_SETUP',
  )
  const child = spawn(process.execPath, [bin, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...Object.fromEntries(inherited),
      FEEDLOOP_KAFKA_BROKERS: addresses.brokers.join(','),
      FEEDLOOP_REGISTRY_URL: addresses.registryUrl,
      FEEDLOOP_REDIS_URL: addresses.redisUrl,
      ...environment,
    },
  })
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8')
    child[name].on('data', (text: string) => (written[name] += text))
  }
  const ended = new Promise<{ exitCode: number | null; stdout: string; stderr: string }>(
    (resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exitCode) => resolve({ exitCode, ...written }))
    },
  )
  let ordered = false
  return {
    child,
    ended,
    mustRun() {
      if (ordered || (child.exitCode === null && child.signalCode === null)) return
      const lastLines = `${written.stdout}\n${written.stderr}`.trim().split('\n').slice(-10).join('\n')
      throw new Error(`feedloop ${argv.join(' ')} ended by itself (${child.exitCode}):\n${lastLines}`)
    },
    async kill() {
      ordered = true
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      ordered = true
      child.kill('SIGTERM')
      return (await ended).exitCode
    },
  }
}
