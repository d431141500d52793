import { testScenario } from '../testing/test-scenario.ts'
import { redisFlush } from './redis-flush.ts'

await testScenario(redisFlush)
