export type { ModelSession, OpenModel } from './contract.ts'
export {
  MODEL_REFUSALS,
  ModelCallError,
  type ModelCallFailure,
  type ModelRefusal,
  ModelRefusedError,
} from './errors.ts'
export { goldenOf, proveGoldenVectors } from './golden.ts'
export type { OnnxHostOptions } from './onnx-host.ts'
export { createOnnxModels, openModel } from './onnx-session.ts'
