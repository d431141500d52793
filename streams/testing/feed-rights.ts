import type { TopicCatalogue } from '#schemas'
import { applyAcls } from '../acl/kafka-acls.ts'
import { serviceAcls } from '../acl/service-acls.ts'
import type { KafkaAddress, RedisAddress } from '../contract.ts'
import { createRedis } from '../redis-client.ts'
import { redisUsers } from '../stack/secure-redis.ts'
import type { StackUser } from '../stack/secure-users.ts'

/** Gives the users of one more feed the least that they need in this Kafka. */
export const admitToKafka = (
  admin: KafkaAddress,
  feed: { prefix: string; catalogue: TopicCatalogue },
): Promise<void> => applyAcls(admin, serviceAcls(feed))

/** The same in this Redis, whose users are made if need be. Kept in its ACL file: what is killed comes back with it. */
export async function admitToRedis(
  admin: RedisAddress,
  { prefix }: { prefix: string },
  passwords: Readonly<Record<StackUser, string>>,
): Promise<void> {
  const redis = createRedis(admin)
  try {
    for (const line of redisUsers(prefix, passwords).trim().split('\n')) {
      const [, name, ...rules] = line.split(' ')
      await redis.call('ACL', 'SETUSER', name!, ...rules)
    }
    await redis.call('ACL', 'SAVE')
  } finally {
    redis.disconnect()
  }
}
