import { testScenario } from '../testing/test-scenario.ts'
import { redisFailover } from './redis-failover.ts'

await testScenario(redisFailover)
