import { testScenario } from '../testing/test-scenario.ts'
import { consumerKill } from './consumer-kill.ts'

await testScenario(consumerKill)
