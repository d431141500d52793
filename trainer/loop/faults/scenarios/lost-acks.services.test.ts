import { testScenario } from '../testing/test-scenario.ts'
import { lostAcks } from './lost-acks.ts'

await testScenario(lostAcks)
