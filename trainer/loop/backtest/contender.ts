import type { CompiledFeatureSet } from '#feature-store'
import type { ModelSession, OpenModel } from '#scorer/model'
import type { TrainerConfig } from '../../config.ts'
import type { Candidate } from '../../export/candidate.ts'
import type { LearnerChoice } from '../../learners/choice.ts'
import type { TrainingExample } from '../../learning/training-example.ts'
import { createTurns } from '../../learning/turns.ts'
import type { Stopwatch } from '../demo/index.ts'
import type { ModelMaker } from './model-maker.ts'
import { type PlayedLearner, PREVIOUS_CHAMPION, type Retrain, type ScoreColumn } from './played.ts'
import { createBothScorings, newScores, type ScoredColumn } from './scoring.ts'
import { createServing, type Gate } from './serving.ts'

export interface ContenderParts {
  choice: LearnerChoice
  maker: ModelMaker
  gates: readonly Gate[]
  /** Whether what the model before the one that serves would say is scored as well. */
  withPrevious: boolean
  /** Models that may be in the making at once. */
  modelsAhead: number
  config: TrainerConfig
  featureSet: CompiledFeatureSet
  openModel: OpenModel
  stopwatch: Pick<Stopwatch, 'nowMs'>
}

/**
 * One learner that is tried, behind each of the gates.
 *
 * While a fit runs the log is played on: what is asked and learned from then on waits, in order, for its model. So
 * scores do not depend on how long fits take.
 */
export interface Contender extends PlayedLearner {
  readonly columns: readonly ContenderColumn[]
  /** Rows of one request, and of what could have been shown instead. Resolves when more may be asked. */
  ask(vectors: Float32Array, options?: Float32Array): Promise<void>
  take(examples: readonly TrainingExample[]): void
  /** Begins a model of what is known now, which serves from this event time on. Resolves when it has begun. */
  retrain(atMs: number): Promise<void>
  /** Resolves when all that was told is done, and all rows are scored. */
  settled(): Promise<void>
  /** Who answers now without a gate. */
  serving(): ModelSession | undefined
  close(): Promise<void>
}

/** Who scores, and what it said. */
type ContenderColumn = ScoredColumn &
  Pick<ScoreColumn, 'name' | 'kind' | 'gate'> & { optionScores: ScoredColumn['scores'] }

/** Rows that wait for a model before reading waits too: of 100 columns 26 MB. */
const ROWS_AHEAD_MAX = 65_536
/** Rows after which those that nothing holds back are scored. */
const ROWS_UNSCORED_MAX = 4_096

export function createContender(parts: ContenderParts): Contender {
  const { choice, maker, gates, modelsAhead, featureSet, stopwatch } = parts
  const serving = createServing(gates, parts)
  const columns = columnsOf(parts, (who) => serving.who(who))
  const scoring = createBothScorings(columns, featureSet.width)
  const line = createLine()
  const making = new Set<Promise<void>>()
  const retrains: Retrain[] = []
  let failure: string | undefined
  let unscored = 0

  /** In its turn, all that was asked so far. */
  function score(): void {
    const asked = scoring.added
    unscored = 0
    void line.add(() => scoring.settle(asked))
  }

  async function made(atMs: number): Promise<Candidate | undefined> {
    try {
      return await maker.make(atMs)
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error)
      return undefined
    }
  }

  async function timed(atMs: number) {
    const startedMs = stopwatch.nowMs()
    const candidate = await made(atMs)
    return { candidate, seconds: (stopwatch.nowMs() - startedMs) / 1_000 }
  }

  return {
    name: choice.name,
    columns,
    retrains,
    live: serving.live,
    get failure() {
      return failure
    },
    async ask(vectors, options) {
      scoring.add(vectors, options)
      unscored += (vectors.length + (options?.length ?? 0)) / featureSet.width
      if (unscored >= ROWS_UNSCORED_MAX) score()
      if (scoring.waiting > ROWS_AHEAD_MAX) await line.done()
    },
    take(examples) {
      for (const example of examples) maker.take(example)
      if (!gates.includes('live')) return
      const asked = scoring.added
      void line.add(async () => {
        for (const example of examples) await serving.learn(example, () => scoring.settle(asked))
      })
    },
    async retrain(atMs) {
      while (making.size >= modelsAhead) await Promise.race(making)
      const begun = timed(atMs)
      const asked = scoring.added
      const lives = line.add(async () => {
        const { candidate, seconds } = await begun
        if (candidate === undefined) return
        await scoring.settle(asked)
        await serving.take(candidate, atMs)
        retrains.push({ atMs, examples: candidate.manifest.trainedOn.examples, seconds })
      })
      making.add(lives)
      void lives.then(() => making.delete(lives))
    },
    async settled() {
      score()
      await line.done()
    },
    serving: () => serving.who('none'),
    async close() {
      await line.stop()
      await serving.close()
    },
  }
}

function columnsOf(
  { choice, gates, withPrevious }: ContenderParts,
  who: (gate: Gate | 'previous') => ModelSession | undefined,
): Contender['columns'] {
  const own = gates.map((gate) => ({
    ...{ name: choice.name, kind: 'learner' as const, gate, ...twoScores() },
    serving: () => who(gate),
  }))
  const previous = {
    ...{ name: PREVIOUS_CHAMPION, kind: 'baseline' as const, gate: 'none' as const, ...twoScores() },
    serving: () => who('previous'),
  }
  return withPrevious ? [...own, previous] : own
}

const twoScores = () => ({ scores: newScores(), optionScores: newScores() })

/** Work in the order of telling, which nobody waits for. After a failure nothing more is done. */
function createLine() {
  const inTurn = createTurns()
  let broken: { error: unknown } | undefined

  /** Never rejects. */
  function add(work: () => Promise<void>): Promise<void> {
    return inTurn(async () => {
      if (broken !== undefined) return
      try {
        await work()
      } catch (error) {
        broken = { error }
      }
    })
  }

  return {
    add,
    /** @throws what the first piece of work that failed threw */
    async done(): Promise<void> {
      await add(() => Promise.resolve())
      if (broken !== undefined) throw broken.error
    },
    /** What has not begun is left undone. */
    async stop(): Promise<void> {
      broken ??= { error: new Error('the pass is over') }
      await inTurn(() => Promise.resolve())
    },
  }
}
