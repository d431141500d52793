import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { documentsOf, feedloopCommandsOf, typedCommand } from '#streams/testing'
import * as kinds from '#feature-store/kinds'
import { feedSchema, type FeedConfig } from '#trainer/loop'
import * as packageExports from './cli.ts'
import { main } from './cli.ts'

const VARIABLES = ['FEEDLOOP_KAFKA_BROKERS', 'FEEDLOOP_REGISTRY_URL', 'FEEDLOOP_REDIS_URL']
/** Port 1 refuses at once. */
const NOBODY = {
  FEEDLOOP_KAFKA_BROKERS: '127.0.0.1:1',
  FEEDLOOP_REGISTRY_URL: 'http://127.0.0.1:1',
  FEEDLOOP_REDIS_URL: 'redis://127.0.0.1:1',
}

let folder: string
const startedIn = process.cwd()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'feedloop-cli-'))
  process.chdir(folder)
  for (const name of [...VARIABLES, 'FEEDLOOP_CONFIG', 'FEEDLOOP_PREFIX']) vi.stubEnv(name, undefined)
})

afterEach(() => {
  process.chdir(startedIn)
  process.exitCode = undefined
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

/** One command line, and everything it wrote. */
async function feedloop(...argv: string[]) {
  let [stdout, stderr] = ['', '']
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true))
  try {
    return { exitCode: await main(argv), stdout, stderr }
  } finally {
    vi.restoreAllMocks()
  }
}

/** Writes a feed file; `body` is what `defineFeed` gets. */
function feedFile(body: string, builders: string[] = []): string {
  const path = join(folder, 'some-feed.ts')
  const imports = ['defineFeed', ...builders].join(', ')
  writeFileSync(path, `import { ${imports} } from 'feedloop'\nexport default defineFeed(${body})\n`)
  return path
}

const checked = async (...argv: string[]) => {
  const { exitCode, stdout, stderr } = await feedloop('check', '--json', ...argv)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return JSON.parse(stdout) as FeedConfig
}

const STACK_TRACE = /^\s+at .+:\d+/m

describe('usage', () => {
  it('lists every command and exits 0 on --help', async () => {
    const { exitCode, stdout } = await feedloop('--help')
    expect(exitCode).toBe(0)
    const commands = [
      'init',
      'check',
      'run',
      'stack',
      'topics',
      'lag',
      'doctor',
      'dead-letters',
      'simulate',
      'features',
    ]
    for (const command of [...commands, 'prove-model', 'models', 'drift', 'demo', 'ingest', 'backtest'])
      expect(stdout).toMatch(new RegExp(`^  ${command}( |$)`, 'm'))
  })

  it('lists the services and their options one level down', async () => {
    const { exitCode, stdout } = await feedloop('run', '--help')
    expect(exitCode).toBe(0)
    for (const service of ['features', 'scorer', 'trainer', 'all']) expect(stdout).toContain(`${service} `)
  })

  it.each([
    ['a command', ['flibber'], 'flibber'],
    ['a service', ['run', 'flibber'], 'flibber'],
    ['an option', ['check', '--flibber'], '--flibber'],
    ['a missing argument', ['models', 'show'], 'model'],
    ['a missing option', ['ingest', 'open-bandit'], '--path'],
    ['a window', ['backtest', '--dataset', 'movielens', '--path', '.', '--window', '7x'], '--window'],
    ['a data set', ['ingest', 'flibber', '--path', '.'], 'flibber'],
    ['a combination', ['features', 'show', '--user', 'u', '--item', 'i'], 'exactly one'],
  ])('exits 2 and names what it does not know: %s', async (_what, argv, named) => {
    const { exitCode, stderr } = await feedloop(...argv)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(named)
    expect(stderr).not.toMatch(STACK_TRACE)
  })

  it('prints its version', async () => {
    expect((await feedloop('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('a command that a README names', () => {
  const named = new Set(documentsOf(import.meta.dirname).flatMap(({ text }) => feedloopCommandsOf(text)))
  it.each([...named])('feedloop %s', async (command) => {
    const { words, options } = typedCommand(command)
    const { exitCode, stdout } = await feedloop(...words, '--help')
    expect(exitCode).toBe(0)
    const usage = /^Usage: feedloop (.*)$/m.exec(stdout)![1]!
    const path = usage.split(/ (?=\[|<)/)[0]!.split(' ')
    const taken = [...usage.matchAll(/<\w+>|\[(?!options\])\w+\]/g)]
    expect(words.slice(0, path.length)).toEqual(path)
    expect(words.length - path.length).toBeLessThanOrEqual(taken.length)
    for (const option of options) expect(stdout).toContain(option)
  })
})

describe('the feed file', () => {
  it('is the demo feed when there is none', async () => {
    expect(await checked()).toEqual(jsonOf(feedSchema.parse({})))
  })

  it('written by init loads and is the demo feed as well', async () => {
    const { exitCode, stdout } = await feedloop('init')
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('feedloop.config.ts'),
    })
    expect(await checked()).toEqual(jsonOf(feedSchema.parse({})))
    const again = await feedloop('init')
    expect(again.exitCode).toBe(1)
    expect(again.stderr).toContain('exists already')
  })

  it('reports three mistakes in three parts in one message', async () => {
    const path = feedFile(`{
      kafka: { partitions: 0 },
      features: { interactionTypes: ['view', 7] },
      scorer: { explorationShare: 2, speling: 1 },
    }`)
    const { exitCode, stderr, stdout } = await feedloop('--config', path, 'check')
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toContain(path)
    for (const place of ['kafka.partitions:', 'features.interactionTypes.1:', 'scorer.explorationShare:'])
      expect(stderr).toContain(`\n  ${place}`)
    expect(stderr).toContain('speling')
    expect(stderr).toContain('4 mistake(s)')
    expect(stderr).not.toMatch(STACK_TRACE)
  })

  it.each([
    ['is missing', undefined, 'there is no such file'],
    ['is no TypeScript', 'export default {{', 'it does not load'],
    ['throws', 'throw new Error("out of tea")', 'out of tea'],
  ])('that %s is one sentence with its path', async (_what, text, said) => {
    const path = join(folder, 'broken.ts')
    if (text !== undefined) writeFileSync(path, text)
    const { exitCode, stderr } = await feedloop('--config', path, 'check')
    expect(exitCode).toBe(1)
    expect(stderr).toContain(path)
    expect(stderr).toContain(said)
    expect(stderr).not.toMatch(STACK_TRACE)
  })

  it('alone adds a feature and a label', async () => {
    const path = feedFile(
      `{
        prefix: 'mine',
        features: {
          interactionTypes: ['view', 'click', 'share'],
          features: [decayedCount({ entity: 'user', of: ['share'], halfLifeMinutes: 45 })],
        },
        trainer: {
          labels: { share: { positive: ['share'], shown: ['view'], horizonMinutes: 5 } },
          objective: 'share',
        },
      }`,
      ['decayedCount'],
    )
    const feed = await checked('--config', path)
    expect(feed.prefix).toBe('mine')
    expect(feed.features.features).toMatchObject([{ entity: 'user', of: ['share'], halfLifeMinutes: 45 }])
    expect(Object.keys(feed.trainer.labels)).toEqual(['share'])
    vi.stubEnv('FEEDLOOP_CONFIG', path)
    vi.stubEnv('FEEDLOOP_PREFIX', 'theirs')
    expect(await checked()).toEqual({ ...feed, prefix: 'theirs' })
  })

  it('may use every feature kind, in a checkout as in an installed package', async () => {
    const names = Object.keys(kinds)
    expect(Object.keys(packageExports)).toEqual(expect.arrayContaining(names))
    const exampleOf = (name: string) => kinds[name as keyof typeof kinds].kind.example
    const fn = (_: string, of: unknown) => (typeof of === 'function' ? `@${String(of)}@` : of)
    const examples = names.map((name) => `${name}(${JSON.stringify(exampleOf(name), fn)})`)
    const features = examples.join(', ').replaceAll(/"@|@"/g, '')
    const declared = `{ attributes: { item: { category: 'text', price: 'number', tags: 'texts' }, context: { device: 'text' } }, features: [age({ entity: 'item', name: 'before' }), ${features}] }`
    const feed = await checked('--config', feedFile(`{ features: ${declared} }`, names))
    expect(feed.features.features.map(({ kind }) => kind)).toEqual(['age', ...names])
  })

  it('may be JSON', async () => {
    const path = join(folder, 'feed.json')
    writeFileSync(path, JSON.stringify({ kafka: { partitions: 8 } }))
    expect((await checked('--config', path)).kafka.partitions).toBe(8)
  })

  it.each(['-x', 'a b', 'ä', 'x'.repeat(101)])('refuses the prefix %j of the environment', async (prefix) => {
    vi.stubEnv('FEEDLOOP_PREFIX', prefix)
    const { exitCode, stderr } = await feedloop('check')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('FEEDLOOP_PREFIX')
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it('is not told anything by an empty variable', async () => {
    for (const name of ['FEEDLOOP_CONFIG', 'FEEDLOOP_PREFIX']) vi.stubEnv(name, '')
    expect(await checked()).toEqual(jsonOf(feedSchema.parse({})))
  })
})

describe('services that are not there', () => {
  it.each([
    ['lag'],
    ['topics', 'list'],
    ['topics', 'apply'],
    ['run', 'features'],
    ['run', 'scorer'],
    ['run', 'trainer'],
    ['run', 'all'],
    ['models', 'list'],
  ])('no broker: one sentence and exit 1: %s', async (...argv) => {
    for (const [name, address] of Object.entries(NOBODY)) vi.stubEnv(name, address)
    const { exitCode, stderr, stdout } = await feedloop(...argv)
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(/^feedloop: No Kafka broker answers at 127\.0\.0\.1:1\. .*\n$/)
  })

  it('no registry: one sentence and exit 1', async () => {
    for (const [name, address] of Object.entries(NOBODY)) vi.stubEnv(name, address)
    const { exitCode, stderr } = await feedloop('dead-letters', 'requeue', '0/0')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^feedloop: schema registry: .*127\.0\.0\.1:1.*reachable\?\n$/)
  })

  it('no Redis: one sentence and exit 1 for a command; services wait for it', async () => {
    for (const [name, address] of Object.entries(NOBODY)) vi.stubEnv(name, address)
    const { exitCode, stderr, stdout } = await feedloop('features', 'show', '--user', 'u1')
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(/^feedloop: .*Redis.*127\.0\.0\.1:1.*\n$/)
  })

  it.each([
    ['FEEDLOOP_KAFKA_BROKERS', 'kafka', ['lag']],
    ['FEEDLOOP_REGISTRY_URL', 'nonsense', ['dead-letters', 'list']],
    ['FEEDLOOP_REDIS_URL', 'localhost:6379', ['features', 'show', '--user', 'u1']],
  ])('an address that is none names its variable: %s', async (name, value, argv) => {
    for (const [variable, address] of Object.entries(NOBODY)) vi.stubEnv(variable, address)
    vi.stubEnv(name, value)
    const { exitCode, stderr } = await feedloop(...argv)
    expect(exitCode).toBe(1)
    expect(stderr).toContain(name)
    expect(stderr).toContain(value)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it('nothing given and nothing running says how to get it', async () => {
    const { exitCode, stderr } = await feedloop('lag')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('stack up')
    expect(stderr).not.toMatch(STACK_TRACE)
  })

  it('doctor looks at what it can when nothing runs, and one mistake does not hide the rest', async () => {
    vi.stubEnv('FEEDLOOP_REDIS_URL', 'localhost:6379')
    const { exitCode, stdout, stderr } = await feedloop('doctor')
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
    expect(stdout).toMatch(/^ok +limits/m)
    expect(stdout).toMatch(/^failed +brokers +no local Kafka runs, and neither FEEDLOOP_KAFKA_BROKERS nor/m)
    expect(stdout).toMatch(/^failed +registry +no local schema registry runs/m)
    expect(stdout).toMatch(/^failed +redis +"localhost:6379" \(from FEEDLOOP_REDIS_URL\) is not an address/m)
  })

  it('a forced move of a model needs a reason, and a text is one', async () => {
    for (const reason of [[], ['--reason', ' ']]) {
      const { exitCode, stderr } = await feedloop('models', 'promote', 'm', '--force', ...reason)
      expect(exitCode).toBe(1)
      expect(stderr).toMatch(/^feedloop: --force needs --reason TEXT: say why .*\n$/)
    }
  })
})

const jsonOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
