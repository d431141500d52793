import { testScenario } from '../testing/test-scenario.ts'
import { registryDown } from './registry-down.ts'

await testScenario(registryDown)
