import { createHash } from 'node:crypto'
import type { FeatureSet } from '#feature-store'
import type { Example } from '#schemas'
import { calibratedBy, ModelRefusedError, type OpenModel, type ScoreFile, servableFile } from '#scorer/model'
import { type Clock, OperatorError } from '#streams'
import type { PromotionConfig } from '../config.ts'
import { type Candidate, candidateOf, goldenVectors } from '../export/candidate.ts'
import { ONNX_INPUT, ONNX_OUTPUT } from '../export/model-file.ts'
import { numbersIn } from '../learners/external/numbers-in.ts'
import type { ImportManifest } from './import-manifest.ts'
import { labelledRows } from './labelled-rows.ts'
import { manifestOf, type ModelLog } from './model-log.ts'
import type { ModelWriter } from './model-writer.ts'

export interface ImportParts {
  modelLog: ModelLog
  openModel: OpenModel
  scoreFile: ScoreFile
  writer: ModelWriter
  promotion: PromotionConfig
  featureSet: FeatureSet
  objective: string
  clock: Clock
  /** The newest matured ones: golden rows are made of them. */
  newestExamples(): Promise<readonly Example[]>
}

/**
 * Takes a file made elsewhere in as a candidate: made servable, proven by the code that will serve it, then written.
 *
 * @throws OperatorError in a sentence: nothing was written
 */
export async function importModel(
  file: Uint8Array,
  { manifest, reason }: { manifest: ImportManifest; reason: string },
  parts: ImportParts,
): Promise<{ modelId: string; reason: string }> {
  const columns = columnsOf(manifest, parts)
  const onnx = await refusedAsOperator(() =>
    servableFile(file, { ...termsOf(parts), columns, answer: manifest.output }),
  )
  checkIsNew(onnx, parts.modelLog)
  const candidate = await refusedAsOperator(() => candidateFrom(onnx, manifest, parts))
  const session = await refusedAsOperator(() => parts.openModel(candidate.onnx, candidate.manifest))
  await session.close()
  const occurredAtMs = parts.modelLog.live()?.occurredAtMs ?? 0
  const why = `Imported by an operator${reason === '' ? '.' : `: ${reason}`}`
  await parts.writer.writeFile(candidate)
  await parts.writer.move(candidate.manifest, 'candidate', { reason: why, occurredAtMs })
  return { modelId: candidate.manifest.modelId, reason: why }
}

const termsOf = ({ featureSet: { width } }: ImportParts) => ({
  input: ONNX_INPUT,
  output: ONNX_OUTPUT,
  width,
})

/** Which number of a vector each column of the file is; undefined: the same. */
function columnsOf(
  { label, featureSetId, columns }: ImportManifest,
  { featureSet, objective }: ImportParts,
): number[] | undefined {
  const unfit = (why: string) => new OperatorError('import_unfit', why)
  if (label !== undefined && label !== objective)
    throw unfit(`The model predicts ${label}, and the objective of this feed is ${objective}.`)
  if (featureSetId !== undefined && featureSetId !== featureSet.id)
    throw unfit(
      `The model was made for the feature set ${featureSetId}, and this feed has ${featureSet.id}. If its columns mean the same here, name them as \`columns\` and leave \`featureSetId\` out.`,
    )
  if (columns === undefined) return undefined
  const unknown = columns.filter((name) => !featureSet.names.includes(name))
  if (unknown.length > 0)
    throw unfit(
      `This feed has no ${unknown.slice(0, 5).join(', ')}${unknown.length > 5 ? ` and ${String(unknown.length - 5)} more` : ''}: \`feedloop check --json\` shows its features.`,
    )
  const places = columns.map((name) => featureSet.names.indexOf(name))
  return places.length === featureSet.width && places.every((place, at) => place === at) ? undefined : places
}

function checkIsNew(onnx: Uint8Array, modelLog: ModelLog): void {
  const sha256 = createHash('sha256').update(onnx).digest('hex')
  const same = modelLog
    .moves()
    .find((move) => move.stage !== 'rejected' && manifestOf(move)?.onnxSha256 === sha256)
  if (same === undefined || modelLog.file(same.modelId) === undefined) return
  throw new OperatorError(
    'import_known',
    `This file is there already, as ${same.modelId}: \`feedloop models promote ${same.modelId}\` makes it live.`,
  )
}

async function candidateFrom(
  onnx: Uint8Array,
  { name, trainedOn, exported }: ImportManifest,
  parts: ImportParts,
): Promise<Candidate> {
  const { featureSet, objective, promotion, scoreFile, modelLog, clock } = parts
  const vectors = await goldenRows(parts)
  const shape = { ...termsOf(parts), modelId: name, featureNames: [...featureSet.names] }
  const golden = { vectors, scores: await scoreFile(onnx, shape, vectors) }
  const { examples, ...times } = trainedOn
  const candidate = candidateOf({
    model: { onnx, golden, facts: { examples, rounds: 1, parameters: numbersIn(onnx) } },
    ...{ learner: name, objective, featureSet, sequence: modelLog.sequence + 1 },
    goldenTolerance: promotion.goldenTolerance,
    trainedOn: times,
    createdAtMs: clock.nowMs(),
  })
  if (exported === undefined) return candidate
  // It must still answer what it answered where it comes from.
  const { calibration, ...proof } = exported
  return { onnx, manifest: { ...candidate.manifest, ...proof, ...calibratedBy(calibration) } }
}

async function goldenRows({
  newestExamples,
  promotion,
  featureSet,
  objective,
}: ImportParts): Promise<Float32Array> {
  const newest = await newestExamples()
  const { vectors } = labelledRows(newest, { featureSetId: featureSet.id, objective })
  const { width } = featureSet
  const recent = vectors.subarray(Math.max(0, vectors.length - promotion.goldenRows * width))
  return Float32Array.from([...recent, ...goldenVectors([], width)])
}

/** What the model code says of a file is for whoever brought it. */
async function refusedAsOperator<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof ModelRefusedError)) throw cause
    throw new OperatorError('import_refused', `The model cannot serve this feed: ${cause.message}.`, {
      cause,
    })
  }
}
