import { brokerKill } from './scenarios/broker-kill.ts'
import { consumerKill } from './scenarios/consumer-kill.ts'
import { redisKill } from './scenarios/redis-kill.ts'
import { testScenariosOn } from './testing/test-scenario.ts'

await testScenariosOn('secure', [consumerKill, redisKill, brokerKill])
