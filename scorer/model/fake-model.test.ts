import { calibrationConformance } from '../testing/calibration-conformance.ts'
import { createFakeModels } from '../testing/fake-model.ts'
import { logisticScores } from '../testing/logistic-model.ts'
import { CONFORMANCE_MODEL, modelConformance } from '../testing/model-conformance.ts'
import { KINDS_WITH_SCALED } from '../testing/scaled-calibration.ts'

const { weights, bias } = CONFORMANCE_MODEL
const { openModel } = createFakeModels(
  (row) => logisticScores(row, weights, bias)[0] ?? NaN,
  KINDS_WITH_SCALED,
)
modelConformance('the fake', openModel)
calibrationConformance('the fake', openModel)
