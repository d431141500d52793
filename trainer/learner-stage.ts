import type { FeatureSet } from '#feature-store'
import { type Example, type StageName, STAGES } from '#schemas'
import type { Batch, Runtime, Stage } from '#streams'
import type { TrainerConfig } from './config.ts'
import { createSeenIds } from './learners/seen-ids.ts'
import { type Lesson, lessonOf } from './lesson.ts'
import { LOG_EVENTS, SIGNALS } from './signals.ts'

/** What the learner's stage drives: one training per generation of partitions. */
export interface StagedTraining {
  rebuild(lessons: readonly Lesson[]): void
  learn(lesson: Lesson): Promise<void>
  learnSilently(lesson: Lesson): void
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
  rebuilding: Lesson[] | null
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

  function lessonsOf({ seen }: Generation, records: Batch<'examples'>['records']): Lesson[] {
    const lessons: Lesson[] = []
    for (const { value } of records) {
      if (value === null) continue
      const lesson = readOnce(seen, value)
      if (typeof lesson === 'string') signals.count(SIGNALS.examplesSkipped, { reason: lesson })
      else lessons.push(lesson)
    }
    return lessons
  }

  function readOnce(seen: Generation['seen'], example: Example): Lesson | string {
    if (!seen.add(example.exampleId)) return 'duplicate'
    return lessonOf(example, { featureSet, objective: config.objective })
  }

  async function finishRebuild(current: Generation, lessons: Lesson[]): Promise<void> {
    lessons.sort(
      (left, right) => left.occurredAtMs - right.occurredAtMs || (left.exampleId < right.exampleId ? -1 : 1),
    )
    current.training.rebuild(lessons)
    current.rebuilding = null
    log.info({ examples: lessons.length, leads: leads(current) }, LOG_EVENTS.rebuilt)
    if (leads(current)) await options.takeOver({ occurredAtMs: lessons.at(-1)?.maturedAtMs ?? 0 })
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
    const lessons = lessonsOf(current, batch.records)
    lane.position = batch.nextOffset
    if (current.rebuilding !== null) {
      current.rebuilding.push(...lessons)
      if (isRebuilt(current)) await finishRebuild(current, current.rebuilding)
      return
    }
    for (const lesson of lessons) {
      if (leads(current)) await current.training.learn(lesson)
      else current.training.learnSilently(lesson)
    }
  }

  return {
    name: 'learner' satisfies StageName,
    sources: STAGES.learner.sources,
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
