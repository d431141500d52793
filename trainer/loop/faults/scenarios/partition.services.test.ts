import { testScenario } from '../testing/test-scenario.ts'
import { partition } from './partition.ts'

await testScenario(partition)
