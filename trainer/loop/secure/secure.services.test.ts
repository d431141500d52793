import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOOP_SERVICES, type LoopService, requestRegistry, topicCatalogue } from '#schemas'
import { type Addresses, applyTopics, readTopic, streamsConfigSchema } from '#streams'
import {
  type CommandLines,
  type FeedloopProcess,
  measuredHere,
  openSecureStack,
  resultFileText,
  type SecureStack,
  startFeedloop,
  until,
  watchCommandLines,
} from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { makeRunFolder, type RunFolder } from '../demo/fs-run-folder.ts'
import { acceptedOf, ATTEMPT_USER, type Attempt, attemptsOf, NO_PASSWORD } from './testing/attempts.ts'

/** Where the table is written; nowhere: it is only printed. */
const RESULT_VARIABLE = 'FEEDLOOP_SECURE_RESULT'
/** A person waits no longer for a sentence. */
const TOLD_SECONDS_MAX = 15

const prefix = `secure-${randomUUID().slice(0, 8)}`
const config = streamsConfigSchema.parse({ prefix })
const catalogue = topicCatalogue({ prefix, ...config.kafka })

describeServices('the loop where everybody is asked who they are', () => {
  let stack: SecureStack
  let folder: RunFolder
  let operator: Addresses
  let commandLines: CommandLines
  /** What its processes and commands wrote. */
  const outputs: string[] = []
  const sentences: string[] = []
  const processes = new Map<LoopService | 'simulate', FeedloopProcess>()
  const start = async (
    name: LoopService | 'simulate',
    user: LoopService | 'feed',
    ...argv: string[]
  ): Promise<void> => {
    const environment = { FEEDLOOP_CONFIG: folder.feedFile }
    processes.set(name, startFeedloop(argv, await stack.as(user), environment))
  }
  const mustRun = () => {
    for (const each of processes.values()) each.mustRun()
  }
  const count = async (topic: keyof typeof catalogue): Promise<number> => {
    let records = 0
    for await (const _ of readTopic({ addresses: operator, topicName: catalogue[topic].name })) records++
    return records
  }

  beforeAll(async () => {
    commandLines = watchCommandLines()
    stack = await openSecureStack(prefix)
    folder = makeRunFolder({ prefix })
    operator = await stack.as('operator')
    await applyTopics(operator, Object.values(catalogue))
  })
  afterAll(async () => {
    await Promise.all([...processes.values()].map((each) => each.kill()))
    await commandLines.stop()
    folder?.remove()
    await stack?.close()
  })

  test('one service per user: requests are answered, a model is promoted', async () => {
    for (const service of LOOP_SERVICES) await start(service, service, 'run', service)
    // The feed may not register schemas.
    await until('the services to register their schemas', async () => {
      mustRun()
      const known = (await (await requestRegistry(operator.registry, '/subjects')).json()) as string[]
      return Object.values(catalogue).every(({ subject }) => known.includes(subject))
    })
    await start('simulate', 'feed', 'simulate', '--speed', '60')
    await until(
      'a model to be promoted',
      async () => {
        mustRun()
        return (await modelsOf(operator)).some(({ stage }) => stage === 'champion')
      },
      1_000,
    )
    const requests = await count('requests')
    await until('the requests so far to be answered', async () => {
      mustRun()
      return (await count('predictions')) >= requests
    })
    expect(requests).toBeGreaterThan(0)
    expect(await count('examples')).toBeGreaterThan(0)
    expect(await count('deadLetters')).toBe(0)
    for (const [name, each] of processes) {
      expect([name, await each.stop()]).toEqual([name, 0])
      const { stdout, stderr } = await each.ended
      outputs.push(stdout, stderr)
    }
    processes.clear()
  })

  test('everything else is refused within seconds, with its sentence, and nothing of it is accepted', async () => {
    const options = { stack, config, feedFile: folder.feedFile }
    const rows: [string, string, string][] = []
    for (const attempt of await attemptsOf(options)) {
      const { sentence, seconds } = await told(attempt)
      sentences.push(sentence)
      rows.push([attempt.who, attempt.what, withoutPlaces(sentence)])
      expect([attempt.what, seconds < TOLD_SECONDS_MAX]).toEqual([attempt.what, true])
    }
    const accepted = await acceptedOf(options)
    for await (const { key } of readTopic({ addresses: operator, topicName: catalogue.interactions.name }))
      if (String(key) === ATTEMPT_USER) accepted.push('an interaction')
    outputs.push(write(rows, accepted.length))
    expect(accepted).toEqual([])
  })

  test('no secret is in what anybody wrote, and on no command line', async () => {
    for (const argv of [['doctor'], ['lag'], ['models', 'list'], ['topics', 'acl'], ['check']])
      await command([...argv, '--json'], operator)
    const wrong = { ...operator.redis, password: NO_PASSWORD }
    await command(['doctor'], { ...operator, redis: wrong })
    await commandLines.stop()
    const written = [...outputs, ...sentences, await stack.logs(), ...commandLines.seen].join('\n')
    expect(written).toContain('feedloop.mjs run scorer') // a command line
    const secrets = new Map([...(await stack.secrets()), ['a wrong one', NO_PASSWORD]])
    for (const user of [...LOOP_SERVICES, 'feed', 'operator', 'admin', 'registry'])
      expect([...secrets.keys()]).toContain(`secure/secrets/${user}`)
    expect([...secrets.keys()]).toContain('secure/certificates/server.key')
    for (const [name, secret] of secrets) {
      expect(secret.length).toBeGreaterThan(NO_PASSWORD.length - 1)
      for (const form of formsOf(path.basename(name), secret))
        expect([name, written.includes(form)]).toEqual([name, false])
    }
  })

  /** What a command wrote is looked through in the end. */
  async function command(
    argv: string[],
    addresses: Addresses,
  ): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
    const running = startFeedloop(argv, addresses, { FEEDLOOP_CONFIG: folder.feedFile })
    running.mayEnd()
    const told = await running.ended
    outputs.push(told.stdout, told.stderr)
    return told
  }

  async function modelsOf(addresses: Addresses): Promise<{ stage: string }[]> {
    const { exitCode, stdout, stderr } = await command(['models', 'list', '--json'], addresses)
    if (exitCode !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as { stage: string }[]
  }
})

/** As it is, in a URL, in JSON, and as HTTP Basic sends it. */
const formsOf = (user: string, secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(`${user}:${secret}`).toString('base64'),
]

async function told({ act, what }: Attempt): Promise<{ sentence: string; seconds: number }> {
  const startedAtMs = performance.now()
  try {
    await act()
  } catch (error) {
    const seconds = (performance.now() - startedAtMs) / 1_000
    const { message } = error instanceof Error ? error : new Error(String(error))
    return { sentence: message.split('\n')[0] ?? '', seconds }
  }
  throw new Error(`was allowed: ${what}`)
}

/** The same on every machine. */
function withoutPlaces(sentence: string): string {
  return sentence
    .replaceAll(prefix, 'feed')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST:PORT')
    .replaceAll(/\/\S+\/secure\//g, '.feedloop/stack/secure/')
}

function write(rows: [string, string, string][], accepted: number): string {
  const columns = [{ title: 'who' }, { title: 'tried' }, { title: 'was told' }]
  const refused = { columns, rows }
  const command = 'npx vitest run --project services trainer/loop/secure'
  const text = resultFileText({
    measured: { ...measuredHere('test'), command },
    tables: { refused },
    details: { attempts: rows.length, accepted },
  })
  process.stdout.write(text)
  const file = process.env[RESULT_VARIABLE]
  if (file) writeFileSync(file, text)
  return text
}
