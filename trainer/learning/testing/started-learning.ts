import { type ModelStage } from '#schemas'
import { silentLogger, silentSignals, type Signals } from '#streams'
import { createTopologyTestDriver } from '#streams/testing'
import { trainerConfigSchema } from '../../config.ts'
import { artifactsOf, candidateOf, goldenVectors, type Candidate } from '../../export/candidate.ts'
import { linearTrainedModel } from '../../export/linear-model.ts'
import { provableModelOf } from '../../export/provable-model.ts'
import { createModelDesk } from '../../models/model-desk.ts'
import { createModelLog } from '../../models/model-log.ts'
import { drawRows, TRUTH } from '../../testing/learner-conformance.ts'
import { openLinearModel } from '../../testing/linear-models.ts'
import { sampleTrainingExample } from '../../testing/sample-training-example.ts'
import { fitterInProcess } from '../fitter.ts'
import { createLearning } from '../learning.ts'

export const promotion = { firstCandidateExamples: 500, candidateEveryExamples: 1_000, freshExamplesMin: 400 }
export const twoLearners = [{ use: 'ftrl' }, { use: 'ftrl', name: 'ftrl-slow', alpha: 0.001 }]
export const width = TRUTH.length
const featureSet = { id: 'fs', names: ['a', 'b', 'c', 'd'], width }

/** A model that somebody else put into the log. */
export function foreignCandidate(
  name: string,
  { id = 'fs', label = 'click', weights = TRUTH } = {},
): Candidate {
  const model = { weights: Float64Array.from(weights), bias: -2 }
  const trained = linearTrainedModel(model, name, { examples: 9, rounds: 1, parameters: 5 })
  return candidateOf({
    model: provableModelOf(trained, goldenVectors([], width)),
    learner: name,
    objective: label,
    featureSet: { ...featureSet, id },
    sequence: 1,
    goldenTolerance: 1e-5,
    trainedOn: { fromMs: 0, toMs: 1 },
    createdAtMs: 0,
  })
}

/** The learning of a trainer on topics in memory, which reads what it is told. */
export async function startLearning(learners: unknown[] = twoLearners, more: Record<string, unknown> = {}) {
  const config = trainerConfigSchema.parse({ learners, promotion, ...more })
  const driver = await createTopologyTestDriver({ seed: 1, startMs: 0 })
  const modelLog = createModelLog()
  const gauges = new Map<string, number>()
  const signals: Signals = {
    ...silentSignals,
    gauge: (name, value, labels) => void gauges.set(`${name} ${JSON.stringify(labels)}`, value),
  }
  const common = { clock: driver.clock, log: silentLogger, signals }
  const desk = createModelDesk({
    outputs: await driver.outputs('desk'),
    openModel: openLinearModel,
    modelLog,
    featureSetId: featureSet.id,
    objective: config.objective,
    config: config.promotion,
    ...common,
  })
  let sequence = 0
  const nextSequence = () => ++sequence
  const learning = createLearning({
    config,
    featureSet,
    desk,
    fitter: fitterInProcess,
    nextSequence,
    ...common,
  })

  function foundFile(candidate: Candidate, { pieces = Infinity } = {}): void {
    const { modelId } = candidate.manifest
    for (const artifact of artifactsOf(candidate, 100).slice(0, pieces)) {
      const key = Buffer.from(`${modelId}/${String(artifact.index)}`)
      modelLog.noteArtifact({ key, value: artifact, brokerTimeMs: 0 })
    }
  }

  return {
    desk,
    learning,
    found(
      { manifest, onnx }: Candidate,
      { stage = 'candidate' as ModelStage, pieces = Infinity, pinned = false } = {},
    ): void {
      const { modelId, learner } = manifest
      const value = {
        modelId,
        learner,
        stage,
        reason: '',
        movedAtMs: 0,
        occurredAtMs: 0,
        manifest: JSON.stringify(manifest),
        pinned,
      }
      modelLog.noteMove({ key: Buffer.from(modelId), value })
      foundFile({ manifest, onnx }, { pieces })
    },
    foundFile,
    /** Keys of pieces that were withdrawn. */
    erased: () =>
      driver
        .records('modelArtifacts')
        .filter(({ value }) => value === null)
        .map(({ key }) => key?.toString('utf8') ?? ''),
    async learn(count: number, seed = 5): Promise<void> {
      for (const [row, drawn] of drawRows(seed, count).entries())
        await learning.learn(sampleTrainingExample({ ...drawn, occurredAtMs: row, maturedAtMs: row + 1 }))
    },
    /** An example a second; one label in two comes true of those that did. */
    async learnHalved(count: number, fromMs: number): Promise<void> {
      for (const [row, { vector, label }] of drawRows(11, count).entries()) {
        const atMs = fromMs + row * 1_000
        const halved = label === 1 && row % 2 === 0 ? 1 : 0
        await learning.learn(
          sampleTrainingExample({ vector, label: halved, occurredAtMs: atMs, maturedAtMs: atMs }),
        )
      }
    },
    /** Whatever people do, no label comes. */
    async learnSilent(count: number): Promise<void> {
      for (const [row, { vector }] of drawRows(6, count).entries())
        await learning.learn(sampleTrainingExample({ vector, occurredAtMs: row, maturedAtMs: row + 1 }))
    },
    isSilent: () =>
      gauges.get('learner_label_source_silent {"label":"click","source":"interactions"}') ?? null,
    told: () => driver.records('drift').map(({ value }) => value!),
    moves: () => driver.records('models').map(({ value }) => value!),
    movesOf: (learner: string) =>
      driver
        .records('models')
        .filter(({ value }) => value?.learner === learner)
        .map(({ value }) => value!.stage),
  }
}
