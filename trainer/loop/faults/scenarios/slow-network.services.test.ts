import { testScenario } from '../testing/test-scenario.ts'
import { slowNetwork } from './slow-network.ts'

await testScenario(slowNetwork)
