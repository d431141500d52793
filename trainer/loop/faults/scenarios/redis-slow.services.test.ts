import { testScenario } from '../testing/test-scenario.ts'
import { redisSlow } from './redis-slow.ts'

await testScenario(redisSlow)
