import { type Example, type StageName, STAGES } from '#schemas'
import type { FeatureSet } from '#feature-store'
import { type Batch, type Erasures, NO_ERASURES, pass, type Runtime, type Stage, type Step } from '#streams'
import type { TrainerConfig } from '../config.ts'
import { kindOf } from '../learners/choice.ts'
import { isErasedExample } from '../models/erased-example.ts'
import { LOG_EVENTS, SIGNALS } from '../signals.ts'
import { createForeignExamples } from './foreign-examples.ts'
import type { Learning } from './learning.ts'
import { createSeenIds } from './seen-ids.ts'
import { createSetAwaited } from './set-awaited.ts'
import { type TrainingExample, trainingExampleOf } from './training-example.ts'
import { createTurns } from './turns.ts'

export interface LearnerStageOptions {
  config: TrainerConfig
  featureSet: FeatureSet
  /** Begins from nothing, once per generation. @param leads whether it makes models */
  newLearning(leads: boolean): Learning
  /** Examples that they cover are not read; left out: nothing was erased. */
  erasures?: Erasures
  /** Told when this process begins and ends to lead. */
  onLead?(leads: boolean): void
}

/** Its owner leads. */
const LEADING_PARTITION = 0

type Records = Batch<'examples'>['records']

/** The stage, and what it reads beside it. */
export interface LearnerStage {
  stage: Stage<'examples'>
  /** Rejects when what is read beside the stage failed. */
  done: Promise<void>
  /** After the stage has stopped. */
  close(): Promise<void>
}

/**
 * Stage `learner`: examples -> models and drift events. Its state is rebuilt from the log: each start reads the last
 * `rebuildExamplesMax` examples again, puts them in order of time and learns them in silence; then it goes on. The
 * owner of partition 0 leads: it alone proposes models and announces drift, and reads the partitions of others beside
 * its own, so that it learns from all. What its window holds beyond those examples is read again, too, up to its own
 * `rebuildExamplesMax`. Partitions are
 * learned one batch at a time, whatever their number.
 */
export function createLearnerStage(runtime: Runtime, options: LearnerStageOptions): LearnerStage {
  const { erasures = NO_ERASURES } = options
  const lanes = lanesOf(runtime, options.config)
  /** One after another: the learning is one, its partitions are many. */
  const inTurn = createTurns()
  const foreign = createForeignExamples(runtime)
  let generation: Generation | undefined

  async function readBeside(partitions: readonly number[], led: Generation): Promise<void> {
    for (const partition of partitions)
      led.open(partition, { ...(await lanes.at(partition, true)), isForeign: true })
    foreign.follow({
      partitions,
      last: lanes.perPartition(true),
      record: (record) => {
        const { partition, offset, value } = record
        const isErased = value === null ? erasures.covers(record) : isErasedExample(erasures, record, value)
        return inTurn(() => led.learn(partition, isErased ? [] : [record], offset + 1))
      },
      read: () => inTurn(() => led.readForeign()),
    })
  }

  const stage: Stage<'examples'> = {
    name: 'learner' satisfies StageName,
    sources: STAGES.learner.sources,
    startFrom: 'earliest',
    steps: { examples: [withoutErased(erasures)] },
    async opened(_topic, partition, given) {
      const leads = given.includes(LEADING_PARTITION)
      const lane = await lanes.at(partition, leads)
      generation ??= createGeneration(runtime, options, leads)
      generation.open(partition, { ...lane, isForeign: false })
      const others = lanes.partitions.filter((one) => !given.includes(one))
      if (partition === LEADING_PARTITION) options.onLead?.(true)
      if (partition === LEADING_PARTITION && others.length > 0) await readBeside(others, generation)
      return lane.position
    },
    async closed() {
      generation?.end()
      foreign.unfollow()
      await inTurn(async () => {
        const ended = generation
        generation = undefined
        options.onLead?.(false)
        await ended?.close()
      })
    },
    batch: ({ partition, records, nextOffset }) =>
      inTurn(async () => {
        generation ??= createGeneration(runtime, options, false)
        await generation.learn(partition, records, nextOffset)
        return { kind: 'done' }
      }),
  }
  return { stage, done: foreign.done, close: foreign.close }
}

function withoutErased(erasures: Erasures): Step<Example> {
  return function withoutErased(example, meta) {
    return isErasedExample(erasures, meta, example) ? { kind: 'drop', reason: 'erased' } : pass(example)
  }
}

/** Where a start begins to read. */
function lanesOf(runtime: Runtime, { limits, window, learners }: TrainerConfig) {
  const count = runtime.partitionCount('examples')
  const isFitted = learners.some((choice) => kindOf(choice) !== 'online')
  const windowMax = window !== undefined && isFitted ? (window.rebuildExamplesMax ?? window.examplesMax) : 0
  const learned = Math.ceil(limits.rebuildExamplesMax / count)
  const perPartition = (leads: boolean) => (leads ? Math.max(learned, Math.ceil(windowMax / count)) : learned)
  return {
    partitions: Array.from({ length: count }, (_, partition) => partition),
    perPartition,
    async at(partition: number, leads: boolean): Promise<Omit<Lane, 'isForeign'>> {
      const { startOffset, endOffset } = await runtime.offsets('examples', partition)
      return {
        position: Math.max(startOffset, endOffset - perPartition(leads)),
        learnFrom: endOffset - learned,
        rebuildUntil: endOffset,
      }
    },
  }
}

interface Lane {
  position: number
  /** Examples before this offset are only kept for retrains. */
  learnFrom: number
  /** Examples before this offset were there when we took over. */
  rebuildUntil: number
  /** Somebody else owns it. */
  isForeign: boolean
}

/** What is between taking partitions over and losing them. */
interface Generation {
  open(partition: number, lane: Lane): void
  learn(partition: number, records: Records, nextOffset: number): Promise<void>
  /** What was there of others at the start has been read. */
  readForeign(): Promise<void>
  /** What comes from now on is no longer its business. */
  end(): void
  close(): Promise<void>
}

function createGeneration(runtime: Runtime, options: LearnerStageOptions, leads: boolean): Generation {
  const learning = options.newLearning(leads)
  const examplesOf = createExampleReader(runtime, options)
  const tellSet = createSetTeller(runtime, options)
  const lanes = new Map<number, Lane>()
  /** What was read again, until it can be put in order; null: done. */
  let rebuilding: TrainingExample[] | null = []
  let isForeignRead = false
  let hasEnded = false
  const isAllRead = () =>
    [...lanes.values()].every(({ isForeign, position, rebuildUntil }) =>
      isForeign ? isForeignRead : position >= rebuildUntil,
    )

  async function finishRebuild(examples: TrainingExample[]): Promise<void> {
    examples.sort(byTimeThenId)
    learning.rebuild(examples)
    rebuilding = null
    runtime.log.info({ examples: examples.length, leads }, LOG_EVENTS.rebuilt)
    if (leads) await learning.takeOver({ occurredAtMs: examples.at(-1)?.maturedAtMs ?? 0 })
  }

  return {
    open(partition, lane) {
      lanes.set(partition, lane)
    },
    async learn(partition, records, nextOffset) {
      const lane = lanes.get(partition)
      if (lane === undefined || hasEnded) return
      // Everything that was there at the start has been read; this batch is new.
      if (rebuilding !== null && isAllRead()) await finishRebuild(rebuilding)
      const read = examplesOf(records)
      lane.position = nextOffset
      if (rebuilding !== null) {
        for (const { example, offset } of read) {
          if (offset >= lane.learnFrom) rebuilding.push(example)
          // What its joiner knew to be without labels teaches nothing.
          else if (!example.isOut) learning.remember(example)
        }
        if (isAllRead()) await finishRebuild(rebuilding)
        return
      }
      if (leads) tellSet(records)
      for (const { example } of read) {
        if (leads) await learning.learn(example)
        else learning.learnSilently(example)
      }
    },
    async readForeign() {
      isForeignRead = true
      if (rebuilding !== null && !hasEnded && isAllRead()) await finishRebuild(rebuilding)
    },
    end() {
      hasEnded = true
    },
    close: () => learning.close(),
  }
}

/** Reads the examples of a batch; what was there before, or teaches nothing, is counted and left out. */
function createExampleReader({ signals }: Runtime, { config, featureSet }: LearnerStageOptions) {
  const seen = createSeenIds(config.limits.rememberedExamplesMax)
  const { objective } = config

  return function examplesOf(records: Records): { example: TrainingExample; offset: number }[] {
    const examples: { example: TrainingExample; offset: number }[] = []
    for (const { value, offset } of records) {
      if (value === null) continue
      const isNew = seen.add(value.exampleId)
      const example = isNew ? trainingExampleOf(value, { featureSet, objective }) : 'duplicate'
      if (typeof example === 'string') signals.count(SIGNALS.examplesSkipped, { reason: example })
      else examples.push({ example, offset })
    }
    return examples
  }
}

/** Of what is new: what was there at the start tells of sets that were served before. */
function createSetTeller({ log }: Runtime, { featureSet: { id: featureSetId } }: LearnerStageOptions) {
  const awaited = createSetAwaited(featureSetId)

  return function tellSet(records: Records): void {
    for (const { value } of records) {
      const change = value === null ? undefined : awaited.note(value.featureSetId)
      if (change?.kind === 'awaited') log.warn({ featureSetId, detail: change.why }, LOG_EVENTS.setAwaited)
      if (change?.kind === 'came') log.info({ featureSetId }, LOG_EVENTS.setCame)
    }
  }
}

function byTimeThenId(left: TrainingExample, right: TrainingExample): number {
  return left.occurredAtMs - right.occurredAtMs || (left.exampleId < right.exampleId ? -1 : 1)
}
