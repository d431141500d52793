import { testScenario } from '../testing/test-scenario.ts'
import { crashLoop } from './crash-loop.ts'

await testScenario(crashLoop)
