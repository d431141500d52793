import type { RunningService, Runtime } from '#streams'
import { createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { trainerConfigSchema } from '../../config.ts'
import { fitterInProcess } from '../../learning/fitter.ts'
import { startTrainer } from '../../start-trainer.ts'
import { championOf, openLinearModel } from '../../testing/linear-models.ts'
import { createSyntheticFeed } from '../../testing/synthetic-feed.ts'
import type { LiveTracker } from '../live-tracker.ts'
import { trackerOf } from '../live-tracking.ts'
import type { FakeMlflow } from './http-fake-mlflow.ts'

const START_MS = 1_700_000_000_000

export interface TrackingBounds {
  waitingRunsMax?: number
  earlierModelsMax?: number
}

/** A trainer in memory, its tracker, which takes a turn when it is told to, and a feed that follows its champion. */
export async function openLiveLoop(
  { fake, folder }: { fake: FakeMlflow; folder: string },
  tracking: TrackingBounds = {},
) {
  const config = trainerConfigSchema.parse({
    promotion: { firstCandidateExamples: 300, candidateEveryExamples: 800, freshExamplesMin: 400 },
    tracking: { runs: folder, requestMs: 60_000, ...tracking },
  })
  const driver = await createTopologyTestDriver({ seed: 3, startMs: START_MS + 365 * 86_400_000 })
  const feed = createSyntheticFeed({ seed: 3, startMs: START_MS, everyMs: 5_000, itemsShown: 5, users: 50 })
  const logged: { message: string; fields: object }[] = []
  const note = (fields: object, message: string) => void logged.push({ message, fields })
  const log: Runtime['log'] = { debug: note, info: note, warn: note, error: note }
  let tracker!: LiveTracker

  async function start(): Promise<RunningService> {
    const trainer = await startTrainer(driver, {
      config,
      featureSet: feed.featureSet,
      openModel: openLinearModel,
      fitter: fitterInProcess,
      tracking(running) {
        const runtime = { ...driver, log }
        const parts = { ...running, runtime }
        tracker = trackerOf(
          { prefix: 'feed', trainer: config },
          fake.address,
          parts,
          new AbortController().signal,
        )
        return {
          noteMove: (move) => tracker.noteMove(move),
          noteJudged: (modelId, judged) => tracker.noteJudged(modelId, judged),
          lead: (leads) => tracker.lead(leads),
          stop: () => Promise.resolve(),
        }
      },
    })
    await driver.settleUntil(trainer.ready)
    return trainer
  }

  async function play(requests: number): Promise<void> {
    for (let asked = 0; asked < requests; asked++) {
      const model = championOf(driver)
      const { prediction, interactions } = feed.next(model?.score ?? null, model?.modelId ?? '')
      for (const interaction of interactions) driver.produce('interactions', interaction.userId, interaction)
      driver.produce('predictions', prediction.userId, prediction)
      if (asked % 20 === 0) await driver.settle()
    }
    await driver.settle()
  }
  const told = (message: string) =>
    logged.filter((one) => one.message === message).map(({ fields }) => fields)
  const turn = () => tracker.turn()
  return { driver, start, play, told, turn, stages: () => stagesOf(driver) }
}

/** Where each model went, in order. */
function stagesOf(driver: TopologyTestDriver): Map<string, string[]> {
  const stages = new Map<string, string[]>()
  for (const { value } of driver.records('models'))
    stages.set(value!.modelId, [...(stages.get(value!.modelId) ?? []), value!.stage])
  return stages
}
