import { testScenario } from '../testing/test-scenario.ts'
import { redisKill } from './redis-kill.ts'

await testScenario(redisKill)
