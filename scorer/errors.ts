export { ModelCallError, type ModelCallFailure, ModelRefusedError, type ModelRefusal } from './model/index.ts'
