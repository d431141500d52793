import type { FeatureSet } from '#feature-store'
import type { OpenModel } from '#scorer/model'
import { brokersCheck, joinedCheck, type RunningService, type RunningStage, type Runtime } from '#streams'
import type { TrainerConfig } from './config.ts'
import { createJoinerStage } from './joiner/joiner-stage.ts'
import type { ScratchFile } from './joiner/pending/scratch-file.ts'
import type { Fitter } from './learning/fitter.ts'
import { createLearnerStage } from './learning/learner-stage.ts'
import { createLearning } from './learning/learning.ts'
import { followTrainerErasures } from './learning/process-erasures.ts'
import { restartableStage } from './learning/restartable-stage.ts'
import type { ScratchFolder } from './learning/window/scratch.ts'
import { createModelDesk } from './models/model-desk.ts'
import { createModelLog, followModels } from './models/model-log.ts'
import { createSkewGuard, type SkewGuard } from './promotion/skew-guard.ts'
import type { StartTracking } from './tracking/live-tracking.ts'
import type { RunningTracking } from './tracking/process-live-tracking.ts'

export interface TrainerOptions {
  config: TrainerConfig
  /** Examples with other features are left out. */
  featureSet: FeatureSet
  /** Proves candidates and scores for comparisons: the code that will serve them. */
  openModel: OpenModel
  /** Where learners that look at many rows are fitted. */
  fitter: Fitter
  /** Tells a tracking server of the models. */
  tracking?: StartTracking | undefined
  /** Where predictions wait that memory does not hold; left out: memory must do. */
  scratch?: ScratchFile | undefined
  /** Where the window of examples puts what does not fit in memory; left out: nothing goes there. */
  windowScratch?: ScratchFolder
  /** `limits` of the streams section. */
  limits?: { futureSkewSecondsMax: number; farFutureSecondsMax: number; earliestEventMs?: number }
}

const LIMITS_DEFAULT = { futureSkewSecondsMax: 300, farFutureSecondsMax: 86_400 }

/** Records: skew is told twice a minute while there is any, and little else is told there. */
const DRIFT_READ_BACK = 100

/**
 * The trainer of a feed: `joiner` (predictions and outcomes -> examples) and `learner` (examples -> models, drift).
 * The learner begins when the models topics have been read, so that it knows the champion. `ready`: both stages
 * have their partitions. `done` rejects when one of them died.
 */
export async function startTrainer(runtime: Runtime, options: TrainerOptions): Promise<RunningService> {
  const { config, featureSet, openModel, fitter, tracking } = options
  const { scratch, windowScratch, limits = LIMITS_DEFAULT } = options
  const { clock, log, signals } = runtime
  let tracked: RunningTracking | undefined
  const modelLog = createModelLog({ onMove: (move) => tracked?.noteMove(move) })
  const models = await followModels(runtime, modelLog)
  const skewGuard = createSkewGuard(config.promotion)
  const skew = await followSkew(runtime, skewGuard)
  const outputs = await runtime.outputs('trainer-models')
  const erased = await followTrainerErasures(runtime, {
    withinMs: config.limits.erasureRebuildSeconds * 1_000,
    rebuild: () => learner.restart(),
  })
  const deskParts = { outputs, openModel, modelLog, featureSetId: featureSet.id, objective: config.objective }
  let labelsOut: () => readonly string[] = () => []
  const joiner = await runtime.runStage(
    createJoinerStage(runtime, { config, limits, scratch, labelsOut: () => labelsOut(), erased }),
  )
  const onLead = (leads: boolean) => tracked?.lead(leads)
  const { stage, ...beside } = createLearnerStage(runtime, {
    ...{ config, featureSet, newLearning, onLead },
    erasures: erased.book,
  })
  let isStopped = false

  const learner = restartableStage(() => runtime.runStage(stage))

  function newLearning(leads: boolean) {
    const desk = createModelDesk({ ...deskParts, config: config.promotion, clock, log, signals })
    let own = 0
    const base = modelLog.sequence
    const nextSequence = () => Math.max(modelLog.sequence, base + own++) + 1
    const learning = createLearning({
      ...{ config, featureSet, desk, fitter, leads, nextSequence },
      ...{ scratch: windowScratch, clock, log, signals },
      promotionRefusal: () => skewGuard.refusal(clock.nowMs()),
      onJudged: (modelId, judged) => tracked?.noteJudged(modelId, judged),
    })
    // Examples are marked by what the learner of the same process sees.
    labelsOut = learning.labelsOut
    return {
      ...learning,
      async close() {
        await learning.close()
        await desk.close()
      },
    }
  }

  async function startLearner(): Promise<RunningStage | undefined> {
    await models.ready
    if (isStopped) return undefined
    tracked = tracking?.({ runtime, modelLog, openModel, featureSetId: featureSet.id })
    return learner.start()
  }

  const starting = startLearner()
  const ready = Promise.all([joiner.ready, starting.then((started) => started?.ready)]).then(() => undefined)
  // A failed start is told by `done`, too; nobody has to wait for `ready`.
  ready.catch(() => undefined)
  return {
    ready,
    checks: { brokers: brokersCheck(runtime, 'predictions'), stages: joinedCheck(ready) },
    done: allOf(joiner.done, learner.done(starting), beside.done, models.done, skew.done, erased.done),
    async stop() {
      isStopped = true
      await erased.stop()
      await joiner.stop()
      await learner.stop()
      await tracked?.stop()
      await beside.close()
      await models.stop()
      await skew.stop()
      await fitter.stop()
      windowScratch?.close()
      await outputs.close()
    },
  }
}

function followSkew(runtime: Runtime, guard: SkewGuard): Promise<RunningStage> {
  return runtime.follow({
    name: 'trainer-skew',
    topic: 'drift',
    startFrom: DRIFT_READ_BACK,
    record: ({ value }) => (value === null ? undefined : guard.note(value)),
  })
}

const allOf = (...all: readonly Promise<unknown>[]): Promise<void> => Promise.all(all).then(() => undefined)
