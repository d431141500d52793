export { SuiteError } from './errors.ts'
export { inferSuite, type InferOptions, type InferredSuite } from './infer.ts'
export { type Expectation, openSuite, type OpenedExpectation, type Suite } from './suite.ts'
export { type ValidationReport, validateTables, type ValidateOptions, type Verdict } from './validate.ts'
