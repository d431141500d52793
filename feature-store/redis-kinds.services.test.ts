import { describeServices } from '#streams/testing/services'
import { describeRedisKinds } from './testing/redis-kinds.ts'

describeServices('the kinds of Redis', describeRedisKinds)
