import { type OwnBrokers, type OwnBrokersOptions, startTcpProxy, type TcpProxy } from '#streams/testing'
import { type FeedServices, withKafka } from '../testing/feed-services.ts'
import type { Lab } from './scenario.ts'

/** A Kafka of a scenario's own beside the lab's Redis and registry. */
export interface OwnKafka {
  own: OwnBrokers
  /** The way that always works. */
  straight: FeedServices
  /** The way that the scenario harms; the straight one when there is no other. */
  detour: FeedServices
}

export async function openOwnKafka(lab: Lab, options?: OwnBrokersOptions): Promise<OwnKafka> {
  const kafka = await lab.stack.openKafka(options)
  lab.cleanup(() => kafka.close())
  const { own } = kafka
  const straight = withKafka(lab.services, kafka)
  if (own.detours.length === 0) return { own, straight, detour: straight }
  const byDetour = { ...kafka, as: () => ({ brokers: own.detours }) }
  return { own, straight, detour: withKafka(lab.services, byDetour) }
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
