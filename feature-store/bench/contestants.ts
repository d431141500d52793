import type { FeedloopTask, Task } from './contest.ts'
import {
  feedloopStates,
  type FinalStates,
  handwrittenStates,
  streamsPeerStates,
} from './redis-final-states.ts'

/** What a Java program is given besides. */
export interface JavaFiles {
  /** For its states. */
  folder: string
  schema: string
  /** How it is let in (java-settings.ts). */
  settings: string
}

/** A program that is measured. */
export interface Contestant {
  readonly name: string
  readonly title: string
  readonly program:
    | { kind: 'node'; file: string; argv(task: Task): string[] }
    | { kind: 'java'; file: string; argv(task: Task, files: JavaFiles): string[] }
  /** What it left in Redis; null: nothing to look at (its states are in RocksDB). */
  readonly states: FinalStates | null
}

const handwritten = (name: string, mode: 'message' | 'batch', title: string): Contestant => ({
  name,
  title,
  program: {
    kind: 'node',
    file: 'peers/process-handwritten.ts',
    argv: (task) => [JSON.stringify(task), mode],
  },
  states: handwrittenStates,
})

const streams = (name: string, redis: boolean, threads: number, title: string): Contestant => ({
  name,
  title,
  program: {
    kind: 'java',
    file: 'peers/StreamsPeer.java',
    argv: ({ kafka, topic, interactions, redis: { url }, prefix }, { folder, schema, settings }) => [
      kafka.brokers.join(','),
      topic,
      String(interactions),
      String(threads),
      schema,
      folder,
      'eos',
      redis ? new URL(url).host : '-',
      prefix,
      settings,
    ],
  },
  states: redis ? streamsPeerStates : null,
})

export const FEEDLOOP: Contestant = {
  name: 'feedloop',
  title: 'feedloop, fence on, users and items in one Node process',
  program: { kind: 'node', file: 'process-feedloop.ts', argv: (task) => [JSON.stringify(task)] },
  states: feedloopStates,
}

/** What it costs that an interaction counts once although a client sends it twice. */
const UNDEDUPLICATED: Contestant = {
  ...FEEDLOOP,
  name: 'feedloop-undeduplicated',
  title: 'feedloop, features.deduplicate.window: 0',
  program: {
    kind: 'node',
    file: 'process-feedloop.ts',
    argv: (task) => [JSON.stringify({ ...task, deduplicateWindow: 0 } satisfies FeedloopTask)],
  },
}

export const CONTESTANTS: readonly Contestant[] = [
  handwritten('each-message', 'message', 'kafkajs eachMessage + ioredis pipeline per message, auto-commit'),
  handwritten('each-batch', 'batch', 'kafkajs eachBatch + ioredis pipeline per 500, auto-commit'),
  streams('kstreams-eos', false, 2, 'Kafka Streams 4.1.1 exactly_once_v2, RocksDB only, 2 threads'),
  streams(
    'kstreams-eos-redis',
    true,
    2,
    'Kafka Streams 4.1.1 exactly_once_v2, RocksDB + coalesced Redis writes',
  ),
  FEEDLOOP,
  UNDEDUPLICATED,
]
