import { testScenario } from '../testing/test-scenario.ts'
import { redisTruncatedAof } from './redis-truncated-aof.ts'

await testScenario(redisTruncatedAof)
