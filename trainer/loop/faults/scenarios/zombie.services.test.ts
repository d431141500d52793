import { testScenario } from '../testing/test-scenario.ts'
import { zombie } from './zombie.ts'

await testScenario(zombie)
