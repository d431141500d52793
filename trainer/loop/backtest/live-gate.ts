import type { FeatureSet } from '#feature-store'
import type { ModelSession, OpenModel } from '#scorer/model'
import { type Outputs, silentLogger, silentSignals } from '#streams'
import { createChampionCalibration } from '../../calibration/champion-calibration.ts'
import type { TrainerConfig } from '../../config.ts'
import type { Candidate } from '../../export/candidate.ts'
import { createJudge } from '../../learning/judge.ts'
import type { TrainingExample } from '../../learning/training-example.ts'
import { createModelDesk } from '../../models/model-desk.ts'
import { createModelLog } from '../../models/model-log.ts'
import type { Recalibration } from './played.ts'

export interface LiveGateParts {
  config: TrainerConfig
  featureSet: FeatureSet
  openModel: OpenModel
}

/** The live loop's promotion: a candidate is judged on fresh examples before it serves. One learner's own. */
export interface LiveGate {
  champion(): ModelSession | undefined
  /** Begins a trial, unless one of the same learner runs. */
  propose(candidate: Candidate, atMs: number): Promise<void>
  add(example: TrainingExample): void
  /** Whether `decide` would decide or calibrate: what was asked before must have been scored. */
  isDue(): boolean
  /** @returns whether another model serves now */
  decide(): Promise<boolean>
  /** When the champion was calibrated anew. */
  readonly recalibrations: readonly Recalibration[]
  close(): Promise<void>
}

/** A backtest has no topics: what the desk writes is nobody's. */
const NOWHERE: Outputs = { add: () => undefined, flush: () => Promise.resolve() }

export function createLiveGate({ config, featureSet, openModel }: LiveGateParts): LiveGate {
  const { promotion, objective } = config
  let nowMs = 0
  const desk = createModelDesk({
    outputs: NOWHERE,
    openModel,
    modelLog: createModelLog(),
    featureSetId: featureSet.id,
    objective,
    config: promotion,
    clock: { nowMs: () => nowMs },
    log: silentLogger,
    signals: silentSignals,
  })
  const why = (reason: string) => ({ reason, occurredAtMs: nowMs })
  const recalibrations: Recalibration[] = []
  const layer = createChampionCalibration({
    config: config.calibration,
    desk,
    why,
    onCalibrated: ({ kind }, atMs) => recalibrations.push({ atMs, kind }),
  })
  const judge = createJudge({ desk, promotion, width: featureSet.width, why, log: silentLogger })

  return {
    champion: () => desk.champion(),
    async propose(candidate, atMs) {
      nowMs = atMs
      if (judge.isTrying(candidate.manifest.learner)) return
      const session = await desk.propose(candidate, why('Retrained.'))
      if (session !== undefined) judge.begin(session, { freshMin: promotion.freshExamplesMin })
    },
    add(example) {
      nowMs = Math.max(nowMs, example.maturedAtMs)
      judge.add(example)
      layer.add(example)
    },
    isDue: () => judge.isDue() || layer.isDue(),
    async decide() {
      const before = desk.champion()?.manifest.modelId
      await judge.decide()
      await layer.refit()
      return desk.champion()?.manifest.modelId !== before
    },
    recalibrations,
    async close() {
      await judge.close()
      await desk.close()
    },
  }
}
