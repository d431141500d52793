import { testScenario } from '../testing/test-scenario.ts'
import { outOfRange } from './out-of-range.ts'

await testScenario(outOfRange)
