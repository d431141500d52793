import { testScenario } from '../testing/test-scenario.ts'
import { redisMemoryFull } from './redis-memory-full.ts'

await testScenario(redisMemoryFull)
