import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOOP_SERVICES, type LoopService, topicCatalogue } from '#schemas'
import { type Addresses, applyTopics, readTopic, streamsConfigSchema } from '#streams'
import {
  type FeedloopProcess,
  measuredHere,
  openSecureStack,
  resultFileText,
  type SecureStack,
  startFeedloop,
  until,
} from '#streams/testing'
import { describeServices } from '#streams/testing/services'
import { makeRunFolder, type RunFolder } from '../demo/fs-run-folder.ts'
import { acceptedOf, ATTEMPT_USER, type Attempt, attemptsOf } from './testing/attempts.ts'

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
  /** What its processes wrote. */
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
    stack = await openSecureStack(prefix)
    folder = makeRunFolder({ prefix })
    operator = await stack.as('operator')
    await applyTopics(operator, Object.values(catalogue))
  })
  afterAll(async () => {
    await Promise.all([...processes.values()].map((each) => each.kill()))
    folder?.remove()
    await stack?.close()
  })

  test('one service per user: requests are answered, a model is promoted', async () => {
    for (const service of LOOP_SERVICES) await start(service, service, 'run', service)
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
    write(rows, accepted.length)
    expect(accepted).toEqual([])
  })

  test('no password is in what anybody wrote', async () => {
    const written = [...outputs, ...sentences, await stack.logs()].join('\n')
    for (const user of [...LOOP_SERVICES, 'feed', 'operator'] as const) {
      const { sasl } = (await stack.as(user)).kafka
      const file = (sasl as { password: { file: string } }).password.file
      const password = await readFile(file, 'utf8')
      expect(password.length).toBeGreaterThan(20)
      expect([user, written.includes(password)]).toEqual([user, false])
    }
  })

  async function modelsOf(addresses: Addresses): Promise<{ stage: string }[]> {
    const listing = startFeedloop(['models', 'list', '--json'], addresses, {
      FEEDLOOP_CONFIG: folder.feedFile,
    })
    const { exitCode, stdout, stderr } = await listing.ended
    if (exitCode !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as { stage: string }[]
  }
})

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

function write(rows: [string, string, string][], accepted: number): void {
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
}
