import type { Interaction, TopicKey } from '#schemas'
import { sampleRecords } from '#schemas/testing'
import type { RawRecord } from '../raw-record.ts'
import type { Batch, BatchResult, Outputs, Runtime, RunningStage, Stage } from '../stage.ts'

/** What a conformance case needs of a runtime, whatever is behind it. Topics are empty and the case's own. */
export interface RuntimeHarness {
  runtime: Runtime
  /** The same feed seen from another process. */
  another(): Promise<Runtime>
  /** Writes any bytes as the outside world would. */
  write(
    topic: TopicKey,
    record: { key: Buffer | null; value: Buffer | null; partition?: number },
  ): Promise<void>
  /**
   * The same, in a transaction that is taken back: the record and the end of its transaction have offsets, and nobody
   * reads them.
   */
  takeBack(topic: TopicKey, record: { key: Buffer; value: Buffer | null; partition?: number }): Promise<void>
  /** Everything in a topic, by partition, then offset. */
  raw(topic: TopicKey): Promise<RawRecord[]>
  /** Lets the system run until it holds; throws when it does not come to hold. */
  until(holds: () => boolean, what: string): Promise<void>
  /** Awaits a promise that needs the system to run. */
  during<T>(promise: Promise<T>): Promise<T>
}

export interface RuntimeConformanceCase {
  name: string
  run(harness: RuntimeHarness): Promise<void>
}

/** Every dead letter, in order. */
export async function lettersOf({ raw, runtime }: RuntimeHarness) {
  return (await raw('deadLetters')).map(({ value }) => runtime.codec.decode('deadLetters', value!))
}

/** An interaction that says which one it is. */
export function interaction(userId: string, number: number): Interaction {
  return { ...sampleRecords.interactions, userId, interactionId: `${userId}-${number}` }
}

export async function writeInteractions(
  harness: RuntimeHarness,
  users: number,
  each: number,
  from = 0,
): Promise<void> {
  const { codec } = harness.runtime
  for (let number = from; number < from + each; number++) {
    for (let user = 0; user < users; user++) {
      const userId = `u-${user}`
      await harness.write('interactions', {
        key: Buffer.from(userId),
        value: codec.encode('interactions', interaction(userId, number)),
      })
    }
  }
}

export interface RecordingStage extends Stage {
  /** interactionId or, for a tombstone, `tombstone:key`; in the order of arrival. */
  readonly seen: string[]
  readonly batches: { topic: TopicKey; partition: number; firstOffset: number; nextOffset: number }[]
  readonly opens: string[]
  readonly closes: string[]
}

/** A stage over interactions that writes down what it is given. */
export function recordingStage(
  options: Partial<Stage> & { act?(batch: Batch, outputs: Outputs): Promise<BatchResult> } = {},
): RecordingStage {
  const { act, ...overrides } = options
  const [seen, batches, opens, closes]: [string[], RecordingStage['batches'], string[], string[]] = [
    [],
    [],
    [],
    [],
  ]
  return {
    name: 'conformance',
    sources: ['interactions'],
    startFrom: 'earliest',
    opened(topic, partition) {
      opens.push(`${topic}/${partition}`)
      return Promise.resolve(undefined)
    },
    closed(topic, partition) {
      closes.push(`${topic}/${partition}`)
      return Promise.resolve()
    },
    async batch(batch, outputs) {
      const { topic, partition, firstOffset, nextOffset } = batch
      batches.push({ topic, partition, firstOffset, nextOffset })
      const result = (await act?.(batch, outputs)) ?? { kind: 'done' }
      for (const { key, value } of batch.records) {
        seen.push(
          value === null
            ? `tombstone:${key?.toString()}`
            : 'interactionId' in value
              ? value.interactionId
              : `${topic}:${key?.toString()}`,
        )
      }
      return result
    },
    ...overrides,
    seen,
    batches,
    opens,
    closes,
  }
}

export async function started(
  harness: RuntimeHarness,
  stage: Stage,
  runtime = harness.runtime,
): Promise<RunningStage> {
  const running = await runtime.runStage(stage)
  await harness.during(running.ready)
  return running
}

/** What one user's records look like in order. */
export const ofUser = (seen: readonly string[], user: number) =>
  seen.filter((id) => id.startsWith(`u-${user}-`))
export const expected = (user: number, each: number, from = 0) =>
  Array.from({ length: each }, (_, index) => `u-${user}-${from + index}`)
