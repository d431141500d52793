import type { FeatureSet } from '#feature-store'
import type { OpenModel } from '#scorer/model'
import type { RunningStage, Runtime } from '#streams'
import type { TrainerConfig } from './config.ts'
import { createJoinerStage } from './joiner/joiner-stage.ts'
import { createLearnerStage } from './learner-stage.ts'
import { createModelDesk } from './models/model-desk.ts'
import { createModelLog, followModels } from './models/model-log.ts'
import { createTraining } from './training.ts'

export interface TrainerOptions {
  config: TrainerConfig
  /** Examples with other features are left out. */
  featureSet: FeatureSet
  /** Proves candidates and scores for comparisons: the code that will serve them. */
  openModel: OpenModel
  /** `limits` of the streams section. */
  limits?: { futureSkewSecondsMax: number; farFutureSecondsMax: number }
}

const LIMITS_DEFAULT = { futureSkewSecondsMax: 300, farFutureSecondsMax: 86_400 }

/**
 * The trainer of a feed: `joiner` (predictions and outcomes -> examples) and `learner` (examples -> models, drift).
 * The learner begins when the models topics have been read, so that it knows the champion. `ready`: both stages
 * have their partitions. `done` rejects when one of them died.
 */
export async function startTrainer(runtime: Runtime, options: TrainerOptions): Promise<RunningStage> {
  const { config, featureSet, openModel, limits = LIMITS_DEFAULT } = options
  const { clock, log, signals } = runtime
  const modelLog = createModelLog()
  const models = await followModels(runtime, modelLog)
  const outputs = await runtime.outputs('trainer-models')
  const deskParts = { outputs, openModel, modelLog, featureSetId: featureSet.id, objective: config.objective }
  const joiner = await runtime.runStage(createJoinerStage(runtime, { config, limits }))
  let learner: RunningStage | undefined
  let isStopped = false

  function learnerStage() {
    let desk = createModelDesk({ ...deskParts, config: config.promotion, clock, log, signals })
    return createLearnerStage(runtime, {
      config,
      featureSet,
      takeOver: (at) => desk.takeOver(at),
      createTraining() {
        const ours = createModelDesk({ ...deskParts, config: config.promotion, clock, log, signals })
        desk = ours
        let own = 0
        const base = modelLog.sequence
        const nextSequence = () => Math.max(modelLog.sequence, base + own++) + 1
        const training = createTraining({ config, featureSet, desk, nextSequence, clock, log, signals })
        return {
          ...training,
          async close() {
            await training.close()
            await ours.close()
          },
        }
      },
    })
  }

  async function startLearner(): Promise<RunningStage | undefined> {
    await models.ready
    if (isStopped) return undefined
    learner = await runtime.runStage(learnerStage())
    if (isStopped) await learner.stop()
    return learner
  }

  const starting = startLearner()
  const ready = Promise.all([joiner.ready, starting.then((started) => started?.ready)]).then(() => undefined)
  // A failed start is told by `done`, too; nobody has to wait for `ready`.
  ready.catch(() => undefined)
  return {
    ready,
    done: Promise.all([joiner.done, starting.then((started) => started?.done), models.done]).then(
      () => undefined,
    ),
    async stop() {
      isStopped = true
      await joiner.stop()
      await learner?.stop()
      await models.stop()
      await outputs.close()
    },
  }
}
