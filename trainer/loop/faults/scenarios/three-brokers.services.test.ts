import { testScenario } from '../testing/test-scenario.ts'
import { threeBrokers } from './three-brokers.ts'

await testScenario(threeBrokers)
