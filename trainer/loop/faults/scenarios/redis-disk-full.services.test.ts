import { testScenario } from '../testing/test-scenario.ts'
import { redisDiskFull } from './redis-disk-full.ts'

await testScenario(redisDiskFull)
