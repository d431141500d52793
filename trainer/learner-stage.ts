import type { FeatureSet } from '#feature-store'
import type { Example } from '#schemas'
import type { Batch, Runtime, Stage } from '#streams'
import type { TrainerConfig } from './config.ts'
import { createSeenIds } from './learners/seen-ids.ts'
import { type TrainingExample, trainingExampleOf } from './training-example.ts'
import { LOG_EVENTS, SIGNALS } from './signals.ts'

/** What the learner's stage drives: one training per generation of partitions. */
export interface StagedTraining {
  rebuild(examples: readonly TrainingExample[]): void
  learn(example: TrainingExample): Promise<void>
  learnSilently(example: TrainingExample): void
  close(): Promise<void>
}

export interface LearnerStageOptions {
  config: TrainerConfig
  featureSet: FeatureSet
  /** Begins a training from nothing. */
  createTraining(): StagedTraining
  /** Called once per generation, after the rebuild, when this process leads. */
  takeOver(at: { occurredAtMs: number }): Promise<void>
}

interface Lane {
  position: number
  /** Examples before this offset were there when we took over. */
  rebuildUntil: number
}

/** State between taking partitions over and losing them. */
interface Generation {
  training: StagedTraining
  lanes: Map<number, Lane>
  /** What was read again, until it can be put in order; null: done. */
  rebuilding: TrainingExample[] | null
  seen: ReturnType<typeof createSeenIds>
}

/**
 * Stage `learner`: examples -> models and drift events. Its state is rebuilt from the log: each start reads the last
 * `rebuildExamplesMax` examples again, puts them in order of time and learns them in silence; then it goes on. The
 * owner of partition 0 leads: it alone proposes models and announces drift. Partitions are learned one batch at a
 * time, whatever their number.
 */
export function createLearnerStage(runtime: Runtime, options: LearnerStageOptions): Stage<'examples'> {
  const { config, featureSet } = options
  const { signals, log } = runtime
  const rebuildPerPartition = Math.ceil(config.limits.rebuildExamplesMax / runtime.partitionCount('examples'))
  let generation: Generation | undefined
  let turn: Promise<unknown> = Promise.resolve()

  /** One after another: the learner is one, its partitions are many. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work)
    turn = result.catch(() => undefined)
    return result
  }

  function begun(): Generation {
    generation ??= {
      training: options.createTraining(),
      lanes: new Map(),
      rebuilding: [],
      seen: createSeenIds(config.limits.rememberedExamplesMax),
    }
    return generation
  }

  function examplesOf({ seen }: Generation, records: Batch<'examples'>['records']): TrainingExample[] {
    const examples: TrainingExample[] = []
    for (const { value } of records) {
      if (value === null) continue
      const example = readOnce(seen, value)
      if (typeof example === 'string') signals.count(SIGNALS.examplesSkipped, { reason: example })
      else examples.push(example)
    }
    return examples
  }

  function readOnce(seen: Generation['seen'], example: Example): TrainingExample | string {
    if (!seen.add(example.exampleId)) return 'duplicate'
    return trainingExampleOf(example, { featureSet, objective: config.objective })
  }

  async function finishRebuild(current: Generation, examples: TrainingExample[]): Promise<void> {
    examples.sort(
      (left, right) => left.occurredAtMs - right.occurredAtMs || (left.exampleId < right.exampleId ? -1 : 1),
    )
    current.training.rebuild(examples)
    current.rebuilding = null
    log.info({ examples: examples.length, leads: leads(current) }, LOG_EVENTS.rebuilt)
    if (leads(current)) await options.takeOver({ occurredAtMs: examples.at(-1)?.maturedAtMs ?? 0 })
  }

  const leads = ({ lanes }: Generation) => lanes.has(0)
  const isRebuilt = ({ lanes }: Generation) =>
    [...lanes.values()].every((lane) => lane.position >= lane.rebuildUntil)

  async function learnBatch(batch: Batch<'examples'>): Promise<void> {
    const current = begun()
    const lane = current.lanes.get(batch.partition)
    if (lane === undefined) return
    if (current.rebuilding !== null && isRebuilt(current)) {
      // Everything that was there at the start has been read; this batch is new.
      await finishRebuild(current, current.rebuilding)
    }
    const examples = examplesOf(current, batch.records)
    lane.position = batch.nextOffset
    if (current.rebuilding !== null) {
      current.rebuilding.push(...examples)
      if (isRebuilt(current)) await finishRebuild(current, current.rebuilding)
      return
    }
    for (const example of examples) {
      if (leads(current)) await current.training.learn(example)
      else current.training.learnSilently(example)
    }
  }

  return {
    name: 'learner',
    sources: ['examples'],
    startFrom: 'earliest',
    async opened(_topic, partition) {
      const { startOffset, endOffset } = await runtime.offsets('examples', partition)
      const position = Math.max(startOffset, endOffset - rebuildPerPartition)
      begun().lanes.set(partition, { position, rebuildUntil: endOffset })
      return position
    },
    closed() {
      return inTurn(async () => {
        const ended = generation
        generation = undefined
        await ended?.training.close()
      })
    },
    batch: (batch) =>
      inTurn(async () => {
        await learnBatch(batch)
        return { kind: 'done' }
      }),
  }
}
