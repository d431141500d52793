import { ManifestError, type ModelManifest, parseManifest } from '#schemas'
import { OperatorError } from '#streams'
import type { TrainerConfig } from '../config.ts'
import { createModelWriter, type ModelWriter } from '../models/model-writer.ts'
import { newestExamples } from '../models/newest-examples.ts'
import { moveByOperator } from '../models/operator-move.ts'
import { TrackingError } from './errors.ts'
import type { TrackedTrainer } from './live-tracking.ts'
import { type Mlflow, type MlflowVersion, TAGS } from './mlflow.ts'
import { MANIFEST_FILE, ONNX_FILE } from './model-folder.ts'

export interface Promotion {
  modelId: string
  reason: string
}

/**
 * Asks the gate of the loop for a version of MLflow's, as `feedloop models promote` does. A model that the loop does not
 * have, or whose file it has withdrawn, is first brought from there.
 *
 * @returns undefined: it has been brought, and the log of models does not say so yet; ask again
 */
export type PromoteVersion = (version: MlflowVersion, reason: string) => Promise<Promotion | undefined>

interface Parts extends TrackedTrainer {
  mlflow: Pick<Mlflow, 'readArtifact'>
  trainer: TrainerConfig
}

/** The answer of each call throws OperatorError when the gate is closed. */
export function createPromoteVersion(parts: Parts): PromoteVersion {
  const { trainer, runtime, modelLog, openModel, featureSetId } = parts
  const { promotion, objective } = trainer
  /** Brought by us: withdrawn again when the gate is closed. */
  const brought = new Map<string, ModelManifest>()

  return async (version, reason) => {
    const modelId = version.tags[TAGS.modelId]
    if (modelId === undefined)
      throw new OperatorError(
        'model_unknown',
        `Version ${version.version} has no tag ${TAGS.modelId}: feedloop did not make it, and cannot serve it.`,
      )
    const { clock, log, signals } = runtime
    const outputs = await runtime.outputs('trainer-operator')
    const { artifactChunkBytes } = promotion
    const writer = createModelWriter({ outputs, artifactChunkBytes, clock, log, signals })
    try {
      if (modelLog.file(modelId) === undefined) {
        if (!brought.has(modelId)) brought.set(modelId, await bring(version, modelId, writer, parts))
        return undefined
      }
      const move = { action: 'promote', modelId, force: false, reason } as const
      const examples = () => newestExamples(runtime, promotion.freshExamplesMin)
      const gate = {
        modelLog,
        openModel,
        writer,
        promotion,
        featureSetId,
        objective,
        newestExamples: examples,
      }
      const told = await moveByOperator(move, gate)
      brought.delete(modelId)
      return told
    } catch (error) {
      const manifest = brought.get(modelId)
      if (error instanceof OperatorError && manifest !== undefined) {
        await withdraw(manifest, error.message, writer, parts)
        brought.delete(modelId)
      }
      throw error
    } finally {
      await outputs.close()
    }
  }
}

async function bring(
  version: MlflowVersion,
  modelId: string,
  writer: ModelWriter,
  { mlflow, modelLog, trainer }: Parts,
): Promise<ModelManifest> {
  const { artifactBytesMax } = trainer.tracking
  const file = async (name: string): Promise<Uint8Array> => {
    const bytes = await readOrRefuse(() => mlflow.readArtifact(version.source, name, artifactBytesMax))
    if (bytes !== undefined) return bytes
    throw new OperatorError(
      'model_file_gone',
      `Version ${version.version} has no ${name} in MLflow, or a larger one than trainer.tracking.artifactBytesMax.`,
    )
  }
  const manifest = manifestFrom(Buffer.from(await file(MANIFEST_FILE)).toString(), version)
  if (manifest.modelId !== modelId)
    throw new OperatorError(
      'model_unreadable',
      `Version ${version.version} is tagged ${modelId}, and its manifest is of ${manifest.modelId}.`,
    )
  const onnx = await file(ONNX_FILE)
  await writer.writeFile({ onnx, manifest })
  if (!modelLog.moves().some((move) => move.modelId === modelId)) {
    const reason = `Brought from version ${version.version} in MLflow.`
    await writer.move(manifest, 'candidate', { reason, occurredAtMs: manifest.trainedOn.toMs })
  }
  return manifest
}

/** What retired keeps its stage; nobody else knows of what was a candidate. */
async function withdraw(
  manifest: ModelManifest,
  reason: string,
  writer: ModelWriter,
  { modelLog }: Parts,
): Promise<void> {
  const move = modelLog.moves().find(({ modelId }) => modelId === manifest.modelId)
  if (move?.stage === 'candidate')
    await writer.move(manifest, 'rejected', { reason, occurredAtMs: move.occurredAtMs })
  await writer.withdrawFile(manifest)
}

/** A version whose files lie elsewhere is refused; a server that is away is no matter of the version. */
async function readOrRefuse<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof TrackingError && ['artifacts', 'invalid'].includes(error.refusal))
      throw new OperatorError('model_file_gone', error.message, { cause: error })
    throw error
  }
}

function manifestFrom(json: string, { version }: MlflowVersion): ModelManifest {
  try {
    return parseManifest(json)
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error
    throw new OperatorError('model_unreadable', `Version ${version}: ${error.message}`, { cause: error })
  }
}
