import type { ModelMove } from '#schemas'
import { createOnnxModels } from '#scorer/model'
import { createModelLog, followModels, manifestOf } from '../../models/model-log.ts'
import type { OwnFeed } from './own-feed.ts'

/** Moves that say that something of a model was missing: there may be none. */
export const halfModelsIn = (moves: readonly ModelMove[]): string[] =>
  moves
    .filter(({ reason }) => reason === 'Its file is not whole.' || reason.startsWith('Refused by'))
    .map(({ modelId, reason }) => `${modelId}: ${reason}`)

/**
 * Opens every model that may still serve, as a scorer does: its golden rows must come out.
 *
 * @returns how many
 */
export async function provenModels({ runtime }: OwnFeed): Promise<number> {
  const log = createModelLog()
  const following = await followModels(runtime, log)
  await following.ready
  await following.stop()
  const models = createOnnxModels({})
  let proven = 0
  for (const move of log.moves().filter(({ stage }) => stage !== 'rejected')) {
    const onnx = log.file(move.modelId)
    // Of those that once served only the last few keep their files.
    if (onnx === undefined && move.stage === 'retired') continue
    if (onnx === undefined) throw new Error(`${move.modelId} is ${move.stage}, and its file is not whole`)
    const session = await models.openModel(onnx, manifestOf(move)!)
    await session.close()
    proven += 1
  }
  await models.stop()
  return proven
}
