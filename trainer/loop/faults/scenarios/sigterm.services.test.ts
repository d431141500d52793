import { testScenario } from '../testing/test-scenario.ts'
import { sigterm } from './sigterm.ts'

await testScenario(sigterm)
