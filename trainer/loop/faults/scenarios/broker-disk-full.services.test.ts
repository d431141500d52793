import { testScenario } from '../testing/test-scenario.ts'
import { brokerDiskFull } from './broker-disk-full.ts'

await testScenario(brokerDiskFull)
