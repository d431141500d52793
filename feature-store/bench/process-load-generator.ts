import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { KafkaAddress } from '#streams'
import { startJavaPeer } from '#streams/testing'

/** An open load: each record has its moment, whatever became of those before it. */
export interface OpenLoad {
  kafka: KafkaAddress
  topic: string
  /** See `loadOf`. */
  file: string
  records: number
  perSecond: number
  /** How many of them come first, at half the rate. */
  warm: number
  /** How long a batch may fill. */
  lingerMs: number
}

export interface LoadGenerator {
  /** Sends, from now on. */
  begin(): void
  /** When each was due (wall clock, ms), by partition as offsets grow; when all are acknowledged. */
  intended: Promise<Map<number, number[]>>
}

/** Collections are short, and no threads of theirs wait for work. */
const FLAGS = ['-XX:+UseSerialGC']

const file = path.join(path.dirname(fileURLToPath(import.meta.url)), 'peers/LoadGenerator.java')

/** Resolves when the generator is compiled and waits for its sign. */
export async function startLoadGenerator(
  load: OpenLoad,
  say: (line: string) => void,
): Promise<LoadGenerator> {
  const { kafka, topic, records, perSecond, warm, lingerMs } = load
  const argv = [
    kafka.brokers.join(','),
    topic,
    load.file,
    ...[records, perSecond, warm, lingerMs].map(String),
  ]
  const child = await startJavaPeer({ file, heap: '1g', flags: FLAGS }, argv, say)
  const intended = new Map<number, number[]>()
  let tellReady: () => void
  const ready = new Promise<void>((resolve) => (tellReady = resolve))

  async function listen(): Promise<Map<number, number[]>> {
    for await (const line of createInterface(child.stdout!)) {
      const [word, partition, ...times] = line.split(' ')
      if (word === 'ready') tellReady()
      if (word === 'intended') intended.set(Number(partition), times.map(Number))
    }
    if (child.exitCode === null) await once(child, 'exit')
    if (child.exitCode !== 0) throw new Error(`the load generator ended with ${String(child.exitCode)}`)
    return intended
  }
  const listening = listen()
  listening.catch(() => undefined) // whoever waits for it sees it
  await Promise.race([ready, listening])
  return { begin: () => void child.stdin!.write('go\n'), intended: listening }
}
