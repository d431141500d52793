import type { ModelArtifact, ModelMove } from '#schemas'
import { createModelSlot } from '../model-slot.ts'
import type { OpenModel } from '../model/index.ts'
import { FAKE_FEATURE_SET } from './fake-features.ts'
import { createFakeModels } from './fake-model.ts'
import { logisticScores } from './logistic-model.ts'
import { publishModel, type PublishedModel } from './model-records.ts'
import { KINDS_WITH_SCALED } from './scaled-calibration.ts'
import { createRecordedTelemetry } from './telemetry.ts'

export const WEIGHTS = FAKE_FEATURE_SET.names.map(() => 0.1)
const BIAS: Record<string, number> = { a: -1, b: 1, c: 2 }
/** A logistic model of the fake features; `BIAS` tells a, b and c apart. */
export const model = (modelId: string, options: Parameters<typeof publishModel>[2] = {}) =>
  publishModel(modelId, FAKE_FEATURE_SET, { bias: BIAS[modelId] ?? 0, ...options })

/** A slot of fake models, and the topics that feed it. */
export function slotOf({
  open,
  limits = { artifactBytesMax: 1e6, artifactsHeldBytesMax: 1e6 },
}: { open?: OpenModel; limits?: Parameters<typeof createModelSlot>[0]['limits'] } = {}) {
  const models = createFakeModels(
    (row, modelId) => logisticScores(row, WEIGHTS, BIAS[modelId] ?? 0)[0] ?? NaN,
    KINDS_WITH_SCALED,
  )
  const telemetry = createRecordedTelemetry()
  const slot = createModelSlot({
    openModel: open ?? models.openModel,
    featureSet: FAKE_FEATURE_SET,
    limits,
    ...telemetry,
  })
  let offset = 0
  const meta = () => ({ topic: 't', partition: 0, offset: offset++, brokerTimeMs: 0, key: null })
  return {
    slot,
    models,
    telemetry,
    move: (value: ModelMove) => slot.noteMove({ ...meta(), value }),
    pieces: (values: ModelArtifact[]) => values.forEach((value) => slot.noteArtifact({ ...meta(), value })),
    async publish(published: PublishedModel) {
      published.artifacts.forEach((value) => slot.noteArtifact({ ...meta(), value }))
      slot.noteMove({ ...meta(), value: published.move('champion') })
      await slot.settle()
    },
    erase: (key: string) => slot.noteArtifact({ ...meta(), key: Buffer.from(key), value: null }),
    live: () => slot.live()?.modelId,
    calibration: () => slot.live()?.calibrationId,
    refusals: () =>
      telemetry.logged
        .filter(({ message }) => message === 'model_refused')
        .map(({ fields }) => fields['code']),
  }
}
