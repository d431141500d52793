import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Addresses } from '../contract.ts'
import { environmentOf } from '../stack/addresses.ts'
import { YOUNG_GENERATION_FLAG } from '../process-garbage-collection.ts'

/** A Node process of a test. */
export interface FeedloopProcess {
  readonly child: ChildProcess
  /** Exit code and everything it wrote, when it has ended; the code is null when a signal ended it. */
  readonly ended: Promise<{ exitCode: number | null; stdout: string; stderr: string }>
  /** @throws Error with what it wrote last, when it has ended although nobody ended it */
  mustRun(): void
  /** Its title, and what it wrote last. */
  lastLines(): string
  /** Resolves when its output holds this text. @throws Error when it ends before */
  wrote(text: string): Promise<void>
  /** Resolves with the first group when its output matches. @throws Error when it ends before */
  said(pattern: RegExp): Promise<string>
  /** From now on it may end by itself. */
  mayEnd(): void
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
}

const OUTPUT_POLL_MS = 20

/** Of an output, in a message. */
const LAST_LINES = 40

/** What the end of an output keeps: a process of a long run may write for hours. */
const OUTPUT_CHARACTERS_MAX = 1_000_000

/**
 * Starts Node with these arguments, and a young generation as large as the command has.
 *
 * @param title for messages: what a person would call it
 * @param environment on top of the addresses; nothing else that begins with FEEDLOOP_ reaches the process
 */
export function startNode(
  title: string,
  argv: readonly string[],
  addresses: Addresses,
  environment: Readonly<Record<string, string>> = {},
): FeedloopProcess {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('FEEDLOOP_') || name === 'FEEDLOOP_SETUP' || name === 'FEEDLOOP_CI_RUN',
  )
  const child = spawn(process.execPath, [YOUNG_GENERATION_FLAG, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...Object.fromEntries(inherited),
      ...environmentOf(addresses),
      ...environment,
    },
  })
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8')
    child[name].on('data', (text: string) => {
      written[name] += text
      if (written[name].length > 2 * OUTPUT_CHARACTERS_MAX)
        written[name] = written[name].slice(-OUTPUT_CHARACTERS_MAX)
    })
  }
  const ended = new Promise<{ exitCode: number | null; stdout: string; stderr: string }>(
    (resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exitCode) => resolve({ exitCode, ...written }))
    },
  )
  async function found<T>(what: string, look: (output: string) => T | null): Promise<T> {
    for (;;) {
      const isOver = child.exitCode !== null || child.signalCode !== null
      const answer = look(written.stdout) ?? look(written.stderr)
      if (answer !== null) return answer
      if (isOver) throw new Error(`${title} ended without writing ${what}`)
      await Promise.race([sleep(OUTPUT_POLL_MS), ended])
    }
  }

  let ordered = false
  const end = (signal: 'SIGKILL' | 'SIGTERM') => {
    ordered = true
    child.kill(signal)
    return ended
  }
  const lastOf = (lines: number) =>
    `${written.stdout}\n${written.stderr}`.trim().split('\n').slice(-lines).join('\n')
  return {
    child,
    ended,
    mustRun() {
      if (ordered || (child.exitCode === null && child.signalCode === null)) return
      throw new Error(
        `${title} ended by itself (${child.signalCode ?? child.exitCode}):\n${lastOf(LAST_LINES)}`,
      )
    },
    lastLines: () => `${title} (${child.signalCode ?? child.exitCode ?? 'runs'}):\n${lastOf(2 * LAST_LINES)}`,
    async wrote(text) {
      await found(`"${text}"`, (output) => output.includes(text) || null)
    },
    said: (pattern) => found(String(pattern), (output) => pattern.exec(output)?.[1] ?? null),
    mayEnd() {
      ordered = true
    },
    async kill() {
      await end('SIGKILL')
    },
    async stop() {
      return (await end('SIGTERM')).exitCode
    },
  }
}

const launcher = fileURLToPath(new URL('run-built.mjs', import.meta.url))

/** Starts a file of the sources as it was built (run-built.mjs); dist/ is made anew when the sources are newer. */
export function startBuilt(
  title: string,
  file: string,
  argv: readonly string[],
  addresses: Addresses,
  {
    nodeOptions = [],
    environment = {},
  }: { nodeOptions?: readonly string[]; environment?: Readonly<Record<string, string>> } = {},
): FeedloopProcess {
  return startNode(title, [...nodeOptions, launcher, file, ...argv], addresses, environment)
}
