import type { CompiledFeatureSet } from '#feature-store'
import type { ModelSession, OpenModel } from '#scorer/model'
import type { TrainerConfig } from '../../config.ts'
import type { Candidate } from '../../export/candidate.ts'
import type { LearnerChoice } from '../../learners/choice.ts'
import type { TrainingExample } from '../../learning/training-example.ts'
import type { Stopwatch } from '../demo/index.ts'
import { createLiveGate, type LiveGate } from './live-gate.ts'
import type { ModelMaker } from './model-maker.ts'
import type { Recalibration } from './recalibration.ts'
import { createServedModels } from './served-models.ts'

/** How a model goes live: judged as in the live loop, or at once. */
export type Gate = 'live' | 'none'

export interface ContenderParts {
  choice: LearnerChoice
  maker: ModelMaker
  gates: readonly Gate[]
  config: TrainerConfig
  featureSet: CompiledFeatureSet
  openModel: OpenModel
  stopwatch: Pick<Stopwatch, 'nowMs'>
  /** Everything that was asked so far is scored, before another model serves. */
  settleScores(): Promise<void>
}

/** A model that was made. */
export interface Retrain {
  /** Event time. */
  atMs: number
  examples: number
  /** Wall clock of making and opening it. */
  seconds: number
  /** Name of the settings that the trainer chose; null: they were given. */
  settings: string | null
}

/** A model that goes live behind a gate. */
export interface Going {
  /** Event time. */
  atMs: number
  modelId: string
}

/** One learner that is tried, behind each of the gates. */
export interface Contender {
  readonly name: string
  readonly use: string
  readonly retrains: readonly Retrain[]
  /** When which model went live. */
  readonly live: Readonly<Record<Gate, Going[]>>
  readonly recalibrations: Readonly<Record<Gate, readonly Recalibration[]>>
  /** The last sentence of a fit that failed. */
  readonly failure: string | undefined
  take(example: TrainingExample): Promise<void>
  retrain(atMs: number): Promise<void>
  /** Who answers now. `previous`: the one that answered before it, without a gate. */
  serving(who: Gate | 'previous'): ModelSession | undefined
  /** The last model's file. */
  readonly last: Candidate | undefined
  close(): Promise<void>
}

export function createContender(parts: ContenderParts): Contender {
  const { choice, maker, gates, openModel, stopwatch, settleScores, config } = parts
  const gate: LiveGate | undefined = gates.includes('live') ? createLiveGate(parts) : undefined
  const retrains: Retrain[] = []
  const live: Record<Gate, Going[]> = { none: [], live: [] }
  const models = createServedModels(openModel, config.calibration)
  const { layer } = models
  let last: Candidate | undefined
  let failure: string | undefined

  async function made(atMs: number): Promise<Candidate | undefined> {
    try {
      return await maker.make(atMs)
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error)
      return undefined
    }
  }

  return {
    name: choice.name,
    use: choice.use,
    retrains,
    live,
    recalibrations: { none: models.recalibrations, live: gate?.recalibrations ?? [] },
    get failure() {
      return failure
    },
    get last() {
      return last
    },
    async take(example) {
      maker.take(example)
      gate?.add(example)
      layer.add(example)
      if (layer.isDue()) {
        await settleScores()
        await layer.refit()
      }
      if (gate?.isDue() !== true) return
      await settleScores()
      const atMs = example.maturedAtMs
      if (await gate.decide()) live.live.push({ atMs, modelId: gate.champion()!.manifest.modelId })
    },
    async retrain(atMs) {
      const startedMs = stopwatch.nowMs()
      const candidate = await made(atMs)
      if (candidate === undefined) return
      last = candidate
      await models.goLive(candidate)
      live.none.push({ atMs, modelId: candidate.manifest.modelId })
      await gate?.propose(candidate, atMs)
      const { examples, settings = null } = candidate.manifest.trainedOn
      retrains.push({ atMs, examples, seconds: (stopwatch.nowMs() - startedMs) / 1_000, settings })
    },
    serving(who) {
      if (who === 'live') return gate?.champion()
      return who === 'none' ? models.current() : models.previous()
    },
    async close() {
      await gate?.close()
      await models.close()
    },
  }
}
