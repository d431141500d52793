import { testScenario } from '../testing/test-scenario.ts'
import { killAtStep } from './kill-at-step.ts'

await testScenario(killAtStep)
