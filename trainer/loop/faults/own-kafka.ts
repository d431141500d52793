import type { Addresses } from '#streams'
import {
  type OwnBrokers,
  type OwnBrokersOptions,
  startOwnBrokers,
  startTcpProxy,
  type TcpProxy,
} from '#streams/testing'
import type { Lab } from './scenario.ts'

/** A Kafka of a scenario's own beside the lab's Redis and registry. */
export interface OwnKafka {
  own: OwnBrokers
  /** The way that always works. */
  straight: Addresses
  /** The way that the scenario harms; the straight one when there is no other. */
  detour: Addresses
}

export async function openOwnKafka(lab: Lab, options: OwnBrokersOptions = {}): Promise<OwnKafka> {
  const own = await startOwnBrokers(options)
  lab.cleanup(() => own.stop())
  const straight = { ...lab.addresses, kafka: { brokers: own.brokers } }
  const detour = own.detours.length === 0 ? straight : { ...straight, kafka: { brokers: own.detours } }
  return { own, straight, detour }
}

/** One node behind a TCP proxy. */
export async function openProxiedKafka(lab: Lab): Promise<OwnKafka & { proxy: TcpProxy }> {
  const proxies: TcpProxy[] = []
  const kafka = await openOwnKafka(lab, {
    async detour(upstream) {
      const proxy = await startTcpProxy(upstream)
      proxies.push(proxy)
      lab.cleanup(() => proxy.close())
      return proxy.address
    },
  })
  return { ...kafka, proxy: proxies[0]! }
}
