import { testScenario } from '../testing/test-scenario.ts'
import { rebalanceStorm } from './rebalance-storm.ts'

await testScenario(rebalanceStorm)
