import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { kafkaSettingsOf } from '#streams'
import { startBuilt, startJavaPeer } from '#streams/testing'
import type { Contestant } from './contestants.ts'
import { javaSettings } from './java-settings.ts'
import { KAFKA_SETTINGS_VARIABLE, OUTCOME_PREFIX, type Outcome, type Task } from './contest.ts'

const here = path.dirname(fileURLToPath(import.meta.url))
/** It holds passwords. */
const OWNER_ONLY = 0o600
const fileOf = (file: string) => path.join(here, file)

/** Runs one contestant to its end. @throws Error when it ends without an outcome */
export async function runContestant(
  { name, program }: Contestant,
  task: Task,
  say: (line: string) => void,
): Promise<Outcome> {
  if (program.kind === 'node') {
    const environment = { [KAFKA_SETTINGS_VARIABLE]: JSON.stringify(kafkaSettingsOf(task.kafka)) }
    const started = startBuilt(name, fileOf(program.file), program.argv(task), task, { environment })
    started.mayEnd()
    const { stdout, stderr } = await started.ended
    return outcomeIn(name, stdout, stderr)
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-bench-'))
  const schema = path.join(here, '..', '..', 'schemas', 'avro', 'interactions.avsc')
  const settings = path.join(folder, 'settings.properties')
  try {
    await writeFile(settings, javaSettings(task), { mode: OWNER_ONLY })
    const argv = program.argv(task, { folder, schema, settings })
    const child = await startJavaPeer({ file: fileOf(program.file), heap: '1g' }, argv, say)
    const [stdout] = await Promise.all([textOf(child.stdout!), once(child, 'close')])
    return outcomeIn(name, stdout, '')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function outcomeIn(name: string, stdout: string, stderr: string): Outcome {
  const line = stdout.split('\n').find((text) => text.startsWith(OUTCOME_PREFIX))
  if (line === undefined)
    throw new Error(`${name} ended without an outcome:\n${stdout}${stderr}`.slice(0, 2_000))
  return JSON.parse(line.slice(OUTCOME_PREFIX.length)) as Outcome
}

async function textOf(stream: Readable): Promise<string> {
  let text = ''
  for await (const line of createInterface(stream)) text += `${line}\n`
  return text
}
