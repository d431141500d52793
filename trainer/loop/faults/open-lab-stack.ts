import { openAll } from '#streams'
import { startOwnBrokers, startOwnRedis, startRedisCluster, type TestStack } from '#streams/testing'
import { openToAll } from '../testing/feed-services.ts'
import type { LabStack, StackKind } from './lab-stack.ts'
import { openSecureLab } from './fs-secure-lab.ts'

/** @param openShared services that ask nobody; a secure stack has its own and does not open them */
export async function openLabStack(kind: StackKind, openShared: () => Promise<TestStack>): Promise<LabStack> {
  if (kind === 'secure') return openSecureLab()
  const shared = await openShared()
  if (kind === 'plain') return plainLab(shared)
  return openClusterLab(shared)
}

const admitsAll = () => Promise.resolve()

const plainLab = ({ addresses, close }: TestStack): LabStack => ({
  services: openToAll(addresses),
  async openRedis(options) {
    const redis = await startOwnRedis(options)
    return { servers: [redis], as: () => redis.address, admit: admitsAll, close: () => redis.close() }
  },
  async openKafka(options) {
    const own = await startOwnBrokers(options)
    return { own, as: () => ({ brokers: own.brokers }), admit: admitsAll, close: () => own.stop() }
  },
  close,
})

async function openClusterLab(shared: TestStack): Promise<LabStack> {
  const openRedis: LabStack['openRedis'] = async ({ settings = {} } = {}) => {
    const { address, servers, close } = await startRedisCluster({ settings })
    return { servers, as: () => address, admit: admitsAll, close }
  }
  return openAll(async (closers) => {
    closers.add(() => shared.close())
    const redis = await openRedis()
    closers.add(() => redis.close())
    const services = openToAll({ ...shared.addresses, redis: redis.as('operator') })
    return { ...plainLab(shared), services, openRedis, close: () => closers.closeAll() }
  })
}
