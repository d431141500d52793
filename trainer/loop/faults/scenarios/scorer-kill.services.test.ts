import { testScenario } from '../testing/test-scenario.ts'
import { scorerKill } from './scorer-kill.ts'

await testScenario(scorerKill)
