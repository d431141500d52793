import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { KAFKA_ARCHIVE, REGISTRY_ARCHIVE } from './archives.ts'
import { OperatorError } from '../errors.ts'
import { stackDown } from './stack-down.ts'
import { stackStatus } from './stack-status.ts'
import { stackUp } from './stack-up.ts'

let dir: string
let bin: string
let cacheDir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'feedloop-stack-'))
  bin = path.join(dir, 'bin')
  cacheDir = path.join(dir, 'cache')
  await mkdir(bin)
  await silentRedis()
})
afterEach(async () => {
  await stackDown({ dir })
  await rm(dir, { recursive: true, force: true })
})

/** A command on the PATH of the stack under test, which has nothing else on it but the system's own tools. */
async function putOnPath(name: string, script: string): Promise<void> {
  const file = path.join(bin, name)
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
}
const java17 = (): Promise<void> => putOnPath('java', `echo 'openjdk version "17.0.1"' >&2`)
/** Redis starts and never answers, so that it is always the other failure that ends the start. */
const silentRedis = (): Promise<void> =>
  putOnPath(
    'redis-server',
    `case "$1" in --version) echo 'Redis server v=7.0.15' ;; *) exec /bin/sleep 100 ;; esac`,
  )

async function failureOf(
  more: Record<string, string> = {},
  ports: { kafka?: number } = {},
): Promise<OperatorError> {
  try {
    await stackUp({ dir, env: { PATH: bin, ...more }, cacheDir, anyPorts: true, ports })
  } catch (error) {
    if (error instanceof OperatorError) return error
    throw error
  }
  throw new Error('it started')
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
}

describe('what a stack cannot start without', () => {
  test('no java', async () => {
    const error = await failureOf()
    expect(error.code).toBe('java_missing')
    expect(error.message).toContain('Java 17 or newer is needed')
    expect(error.policy).toBe('operator')
  })

  test('JAVA_HOME wins over the PATH, and must hold a java', async () => {
    await java17()
    expect((await failureOf({ JAVA_HOME: '/nowhere' })).code).toBe('java_missing')
  })

  test('an old java', async () => {
    await putOnPath('java', `echo 'openjdk version "11.0.2"' >&2`)
    const error = await failureOf()
    expect(error.code).toBe('java_too_old')
    expect(error.message).toContain('version 11')
  })

  test('no maven, and archives to fetch', async () => {
    await java17()
    const error = await failureOf()
    expect(error.code).toBe('maven_missing')
    expect(error.message).toContain('Kafka 4.1.1')
    expect(error.message).toContain(cacheDir)
  })

  test('a failed download shows the end of what Maven said, and leaves nothing half in the cache', async () => {
    await java17()
    await putOnPath('mvn', `echo "[ERROR] Unknown host repo.example"; exit 1`)
    const error = await failureOf()
    expect(error.code).toBe('download_failed')
    expect(error.message).toContain('Unknown host repo.example')
    expect(await readdir(cacheDir)).toEqual([])
  })

  test('a download that brings something else is not taken for the archive', async () => {
    await java17()
    await putOnPath('mvn', 'exit 0')
    const error = await failureOf()
    expect(error.code).toBe('download_failed')
    expect(error.message).toContain(KAFKA_ARCHIVE.mainFile)
  })
})

describe('a service that does not start', () => {
  /** Archives as far as the stack looks: the fake java decides what happens. */
  async function fakeArchives(): Promise<void> {
    for (const archive of [KAFKA_ARCHIVE, REGISTRY_ARCHIVE]) {
      const folder = path.join(cacheDir, archive.name)
      await mkdir(folder, { recursive: true })
      await writeFile(path.join(folder, '.complete'), '')
      await writeFile(path.join(folder, archive.mainFile), 'x')
    }
  }

  test('shows the end of its log and where it is', async () => {
    await fakeArchives()
    await putOnPath(
      'java',
      `case "$*" in
        *-version*) echo 'openjdk version "17.0.1"' >&2 ;;
        *StorageTool*) ;;
        *) echo 'FATAL: no space left on device'; exit 3 ;;
      esac`,
    )
    const error = await failureOf()
    expect(error.code).toBe('process_died')
    expect(error.message).toContain('Kafka ended while it started (exit 3)')
    expect(error.message).toContain('no space left on device')
    expect(error.message).toContain(path.join(dir, 'logs', 'kafka.log'))
    expect((await stackStatus({ dir, env: {} })).map(({ state }) => state)).toEqual([
      'stopped',
      'stopped',
      'stopped',
    ])
    await expect(stat(path.join(dir, 'state.json'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('a folder that cannot be formatted says so', async () => {
    await fakeArchives()
    await putOnPath(
      'java',
      `case "$*" in *-version*) echo 'openjdk version "17.0.1"' >&2 ;; *) echo 'bad log dir'; exit 1 ;; esac`,
    )
    const error = await failureOf()
    expect(error.code).toBe('process_died')
    expect(error.message).toContain('bad log dir')
  })

  test('a port that was asked for and is taken', async () => {
    await fakeArchives()
    await java17()
    const other = createServer()
    const port = await listen(other)
    const error = await failureOf({}, { kafka: port })
    other.close()
    expect(error.code).toBe('port_taken')
    expect(error.message).toContain(`Port ${port}, asked for Kafka`)
  })
})

describe('addresses that were given', () => {
  test('where nothing answers', async () => {
    const given = {
      FEEDLOOP_KAFKA_BROKERS: '127.0.0.1:3',
      FEEDLOOP_REGISTRY_URL: 'http://127.0.0.1:3/apis/ccompat/v7',
      FEEDLOOP_REDIS_URL: 'redis://127.0.0.1:3',
    }
    const failures = await Promise.all(
      Object.entries(given).map(async ([variable, value]) => ({
        expected: `${value} (from ${variable}) does not answer: `,
        error: await failureOf({ [variable]: value }),
      })),
    )
    for (const { error, expected } of failures) {
      expect(error.code).toBe('service_unreachable')
      expect(error.message).toContain(expected)
      expect(error.message).toContain('ECONNREFUSED')
    }
  })

  test('state.json that cannot be understood', async () => {
    await writeFile(path.join(dir, 'state.json'), '{')
    expect((await failureOf()).code).toBe('state_unreadable')
    await rm(path.join(dir, 'state.json'))
  })
})
