export { detectorConformance } from './detector-conformance.ts'
export { learnerConformance } from './learner-conformance.ts'
export { linearModelOf, openLinearModel } from './linear-models.ts'
export { samplePrediction, type SamplePrediction } from './sample-predictions.ts'
