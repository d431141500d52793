import { compileFeatureSet, createFeatureReader, type FeatureSet } from '#feature-store'
import { type Addresses, openAll, requestHttp } from '#streams'
import type { FeedloopProcess } from '#streams/testing'
import { type Candidate, candidateOf } from '../../export/candidate.ts'
import { provableModelOf } from '../../export/provable-model.ts'
import type { LearnerChoice } from '../../learners/choice.ts'
import { exampleAt, type TrainingRows } from '../../learners/learner.ts'
import { createFtrl, ftrlConfigSchema } from '../../learners/ftrl.ts'
import { fitModel } from '../../learning/fit-model.ts'
import { createModelWriter, type ModelWriter } from '../../models/model-writer.ts'
import { openOwnFeed, type OwnFeed } from '../testing/own-feed.ts'
import {
  CANDIDATES,
  plantedLabels,
  scoreFeatures,
  scoreInteractions,
  scoreItems,
  scoreRequests,
  TREES,
} from './score-feed.ts'

/** A scorer at work on a feed whose features are there, and the models it can be told to serve. */
export interface ScoreLoop {
  own: OwnFeed
  scorer: FeedloopProcess
  /** Of POST /predict. */
  url: string
  models: Record<ModelName, Candidate>
  /** Vectors of so many requests, one after another. */
  rows: TrainingRows
  /** Resolves when the scorer answers with it. */
  serve(name: ModelName): Promise<void>
  close(): Promise<void>
}
export type ModelName = 'trees' | 'linear'

const INTERACTIONS = 100_000
/** Rows that models are made of: 20,000. */
const TRAINING_REQUESTS = 200
const GOLDEN_ROWS = 64
const POLL_MS = 50

const TRAINER = { labels: { click: { positive: ['click'], shown: ['view'], horizonMinutes: 10 } } }

/** Topics, states and models of a feed of its own, and a scorer in a process of its own. */
export function openScoreLoop(
  addresses: Addresses,
  say: (line: string) => void,
  { trainer = TRAINER }: { trainer?: Record<string, unknown> } = {},
): Promise<ScoreLoop> {
  return openAll(async (closers) => {
    const features = scoreFeatures()
    const own = await openOwnFeed(addresses, 'score', {
      ...{ features, scorer: { http: { port: 0 } }, trainer },
    })
    closers.add(() => own.close())
    say('score: writing items and interactions')
    await fill(own)
    const folding = own.run('features')
    for (const [stage, topic] of STAGES) await own.caughtUp(stage, topic)
    folding.mayEnd()
    await folding.stop()
    say('score: making models')
    const rows = await readRows(own)
    const featureSet = compileFeatureSet(features)
    const models = { trees: await treesOf(rows, featureSet), linear: linearOf(rows, featureSet) }
    const outputs = await own.runtime.outputs('score-bench')
    closers.add(() => outputs.close())
    const { clock, log, signals } = own.runtime
    const writer = createModelWriter({ outputs, artifactChunkBytes: 512 * 1_024, clock, log, signals })
    for (const model of Object.values(models)) await writer.writeFile(model)
    const scorer = own.run('scorer', '--metrics-port', '0')
    const url = await scorer.said(/"url":"(http:[^"]+)".*http_listening/)
    const serve = (name: ModelName) => serveBy(writer, models[name], { own, url })
    return { own, scorer, url: `${url}/predict`, models, rows, serve, close: () => closers.closeAll() }
  })
}

const STAGES = [
  ['features-user', 'interactions'],
  ['features-item', 'itemInteractions'],
  ['features-item-attributes', 'items'],
] as const

async function fill({ runtime }: OwnFeed): Promise<void> {
  const outputs = await runtime.outputs('score-fill')
  const nowMs = runtime.clock.nowMs()
  let waiting = 0
  const written = async () => {
    if (++waiting % 5_000 === 0) await outputs.flush()
  }
  for (const item of scoreItems(nowMs)) {
    outputs.add('items', { key: item.itemId, value: item })
    await written()
  }
  for (const interaction of scoreInteractions(INTERACTIONS, nowMs)) {
    outputs.add('interactions', { key: interaction.userId, value: interaction })
    await written()
  }
  await outputs.flush()
  await outputs.close()
}

/** Vectors as the scorer reads them, with labels that follow from them. */
async function readRows({ runtime, store, config }: OwnFeed): Promise<TrainingRows> {
  const featureSet = compileFeatureSet(config.features)
  const reader = createFeatureReader({ runtime, store, featureSet })
  const { width } = featureSet
  const vectors = new Float32Array(TRAINING_REQUESTS * CANDIDATES * width)
  const requests = scoreRequests('score-train')
  for (let n = 0; n < TRAINING_REQUESTS; n++) {
    const { userId, candidates, context } = requests.next().value!
    const occurredAtMs = runtime.clock.nowMs()
    const answer = await reader.read([{ userId, itemIds: candidates, context, occurredAtMs }])
    if (answer.kind !== 'vectors') throw new Error(`The features are not there: ${answer.kind}.`)
    vectors.set(answer.vectors.vectors, n * CANDIDATES * width)
  }
  const count = TRAINING_REQUESTS * CANDIDATES
  return { count, width, vectors, labels: plantedLabels(vectors, width) }
}

const taskOf = ({ width, names, buckets }: FeatureSet) => ({
  ...{ width, columns: names, buckets },
  graphName: 'score-bench',
})
const goldenOf = ({ vectors, width }: TrainingRows) => vectors.slice(0, GOLDEN_ROWS * width)

async function treesOf(rows: TrainingRows, featureSet: FeatureSet): Promise<Candidate> {
  const choice = { use: 'gbdt', name: 'trees', trees: TREES, settings: 'fixed' } as unknown as LearnerChoice
  const model = await fitModel(
    { choice, task: taskOf(featureSet), rows, seed: 1, goldenVectors: goldenOf(rows) },
    { signal: new AbortController().signal, progress: () => undefined },
  )
  return candidateFor('trees', model, featureSet)
}

function linearOf(rows: TrainingRows, featureSet: FeatureSet): Candidate {
  const learner = createFtrl(ftrlConfigSchema.parse({}), taskOf(featureSet))
  for (let row = 0; row < rows.count; row++) learner.update(exampleAt(rows, row))
  return candidateFor('linear', provableModelOf(learner.model(), goldenOf(rows)), featureSet)
}

function candidateFor(
  learner: ModelName,
  model: ReturnType<typeof provableModelOf>,
  featureSet: FeatureSet,
): Candidate {
  const made = { objective: 'click', sequence: 0, goldenTolerance: 1e-5, createdAtMs: 0 }
  return candidateOf({ ...made, model, learner, featureSet, trainedOn: { fromMs: 0, toMs: 0 } })
}

async function serveBy(
  writer: ModelWriter,
  { manifest }: Candidate,
  { own, url }: { own: OwnFeed; url: string },
): Promise<void> {
  await writer.move(manifest, 'champion', { reason: 'It is measured.', occurredAtMs: 0 })
  await own.until(
    `the scorer to serve ${manifest.modelId}`,
    async () => (await (await requestHttp(`${url}/readyz`)).text()).includes(manifest.modelId),
    POLL_MS,
  )
}
