import { testScenario } from '../testing/test-scenario.ts'
import { brokerKill } from './broker-kill.ts'

await testScenario(brokerKill)
