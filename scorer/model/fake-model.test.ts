import { createFakeModels } from '../testing/fake-model.ts'
import { logisticScores } from '../testing/logistic-model.ts'
import { CONFORMANCE_MODEL, modelConformance } from '../testing/model-conformance.ts'

const { weights, bias } = CONFORMANCE_MODEL
modelConformance(
  'the fake',
  createFakeModels((row) => logisticScores(row, weights, bias)[0] ?? NaN).openModel,
)
