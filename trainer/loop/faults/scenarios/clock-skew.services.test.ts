import { testScenario } from '../testing/test-scenario.ts'
import { clockSkew } from './clock-skew.ts'

await testScenario(clockSkew)
