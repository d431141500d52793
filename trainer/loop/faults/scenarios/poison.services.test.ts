import { testScenario } from '../testing/test-scenario.ts'
import { poison } from './poison.ts'

await testScenario(poison)
