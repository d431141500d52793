import { type StageName, STAGES } from '#schemas'
import type { FeatureSet } from '#feature-store'
import type { Batch, Runtime, Stage } from '#streams'
import type { TrainerConfig } from '../config.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import type { Learning } from './learning.ts'
import { createSeenIds } from './seen-ids.ts'
import { type TrainingExample, trainingExampleOf } from './training-example.ts'
import { createTurns } from './turns.ts'

export interface LearnerStageOptions {
  config: TrainerConfig
  featureSet: FeatureSet
  /** Begins from nothing, once per generation. */
  newLearning(): Learning
  /** Told when this process begins and ends to lead. */
  onLead?(leads: boolean): void
}

/** Its owner leads. */
const LEADING_PARTITION = 0

type Records = Batch<'examples'>['records']

/**
 * Stage `learner`: examples -> models and drift events. Its state is rebuilt from the log: each start reads the last
 * `rebuildExamplesMax` examples again, puts them in order of time and learns them in silence; then it goes on. The
 * owner of partition 0 leads: it alone proposes models and announces drift. Partitions are learned one batch at a
 * time, whatever their number.
 */
export function createLearnerStage(runtime: Runtime, options: LearnerStageOptions): Stage<'examples'> {
  const rebuildMax = options.config.limits.rebuildExamplesMax
  const rebuildPerPartition = Math.ceil(rebuildMax / runtime.partitionCount('examples'))
  /** One after another: the learning is one, its partitions are many. */
  const inTurn = createTurns()
  let generation: Generation | undefined

  return {
    name: 'learner' satisfies StageName,
    sources: STAGES.learner.sources,
    startFrom: 'earliest',
    async opened(_topic, partition) {
      const { startOffset, endOffset } = await runtime.offsets('examples', partition)
      const position = Math.max(startOffset, endOffset - rebuildPerPartition)
      generation ??= createGeneration(runtime, options)
      generation.open(partition, { position, rebuildUntil: endOffset })
      if (partition === LEADING_PARTITION) options.onLead?.(true)
      return position
    },
    closed() {
      return inTurn(async () => {
        const ended = generation
        generation = undefined
        options.onLead?.(false)
        await ended?.close()
      })
    },
    batch: (batch) =>
      inTurn(async () => {
        generation ??= createGeneration(runtime, options)
        await generation.learn(batch)
        return { kind: 'done' }
      }),
  }
}

interface Lane {
  position: number
  /** Examples before this offset were there when we took over. */
  rebuildUntil: number
}

/** What is between taking partitions over and losing them. */
interface Generation {
  open(partition: number, lane: Lane): void
  learn(batch: Batch<'examples'>): Promise<void>
  close(): Promise<void>
}

function createGeneration(runtime: Runtime, options: LearnerStageOptions): Generation {
  const learning = options.newLearning()
  const examplesOf = createExampleReader(runtime, options)
  const lanes = new Map<number, Lane>()
  /** What was read again, until it can be put in order; null: done. */
  let rebuilding: TrainingExample[] | null = []
  const leads = () => lanes.has(LEADING_PARTITION)
  const isAllRead = () => [...lanes.values()].every((lane) => lane.position >= lane.rebuildUntil)

  async function finishRebuild(examples: TrainingExample[]): Promise<void> {
    examples.sort(byTimeThenId)
    learning.rebuild(examples)
    rebuilding = null
    runtime.log.info({ examples: examples.length, leads: leads() }, LOG_EVENTS.rebuilt)
    if (leads()) await learning.takeOver({ occurredAtMs: examples.at(-1)?.maturedAtMs ?? 0 })
  }

  return {
    open(partition, lane) {
      lanes.set(partition, lane)
    },
    async learn({ partition, records, nextOffset }) {
      const lane = lanes.get(partition)
      if (lane === undefined) return
      // Everything that was there at the start has been read; this batch is new.
      if (rebuilding !== null && isAllRead()) await finishRebuild(rebuilding)
      const examples = examplesOf(records)
      lane.position = nextOffset
      if (rebuilding !== null) {
        rebuilding.push(...examples)
        if (isAllRead()) await finishRebuild(rebuilding)
        return
      }
      for (const example of examples) {
        if (leads()) await learning.learn(example)
        else learning.learnSilently(example)
      }
    },
    close: () => learning.close(),
  }
}

/** Reads the examples of a batch; what was there before, or teaches nothing, is counted and left out. */
function createExampleReader({ signals }: Runtime, { config, featureSet }: LearnerStageOptions) {
  const seen = createSeenIds(config.limits.rememberedExamplesMax)
  const { objective } = config

  return function examplesOf(records: Records): TrainingExample[] {
    const examples: TrainingExample[] = []
    for (const { value } of records) {
      if (value === null) continue
      const isNew = seen.add(value.exampleId)
      const example = isNew ? trainingExampleOf(value, { featureSet, objective }) : 'duplicate'
      if (typeof example === 'string') signals.count(SIGNALS.examplesSkipped, { reason: example })
      else examples.push(example)
    }
    return examples
  }
}

function byTimeThenId(left: TrainingExample, right: TrainingExample): number {
  return left.occurredAtMs - right.occurredAtMs || (left.exampleId < right.exampleId ? -1 : 1)
}
