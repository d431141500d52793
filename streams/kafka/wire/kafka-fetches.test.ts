import type { Broker, Cluster, PartitionAssigner } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { decodeFetchAnswer, FETCH_VERSION } from './kafka-fetch-answer.ts'
import { withOwnFetches } from './kafka-fetches.ts'

const [FETCH, METADATA] = [1, 3]
const theirs = () => Promise.reject(new Error("kafkajs' decoder"))

interface Request {
  request: { apiVersion: number }
  response: { decode: unknown; parse: string }
}
type Lookup = (apiKey: number, definition: unknown) => (given: unknown) => Request

/** As kafkajs makes it at every connect. */
const lookupFor =
  (apiVersion: number): Lookup =>
  () =>
  () => ({ request: { apiVersion }, response: { decode: theirs, parse: 'kept' } })

async function shown(apiVersion = FETCH_VERSION) {
  const broker = { lookupRequest: lookupFor(apiVersion) }
  const cluster = { findBroker: () => Promise.resolve(broker as unknown as Broker) } as unknown as Cluster
  const assigner: PartitionAssigner = () => ({}) as ReturnType<PartitionAssigner>
  withOwnFetches(assigner)({ cluster, groupId: 'g', logger: null as never })
  const find = () => cluster.findBroker({ nodeId: '0' })
  await find()
  return { broker, find, ask: (apiKey: number) => broker.lookupRequest(apiKey, null)({}) }
}

describe('withOwnFetches', () => {
  it('reads fetches, and nothing else', async () => {
    const { ask } = await shown()
    expect(ask(FETCH).response).toEqual({ decode: decodeFetchAnswer, parse: 'kept' })
    expect(ask(METADATA).response).toEqual({ decode: theirs, parse: 'kept' })
  })

  it('reads them after a connection that was made anew, once', async () => {
    const { broker, find, ask } = await shown()
    const changed = broker.lookupRequest
    await find()
    expect(broker.lookupRequest).toBe(changed)
    broker.lookupRequest = lookupFor(FETCH_VERSION)
    await find()
    expect(ask(FETCH).response.decode).toBe(decodeFetchAnswer)
  })

  it('refuses a broker that is too old, for good', async () => {
    const { ask } = await shown(FETCH_VERSION - 1)
    const refused = { code: 'kafka_too_old', policy: 'operator', retriable: false }
    expect(() => ask(FETCH)).toThrow(expect.objectContaining(refused) as Error)
  })
})
