import type { Broker, Cluster, PartitionAssigner } from 'kafkajs'
import { OperatorError } from '../../errors.ts'
import { asFinal } from '../kafka-errors.ts'
import { decodeFetchAnswer, FETCH_VERSION } from './kafka-fetch-answer.ts'

/** What kafkajs 2.2.4 sends to a broker, and how it reads the answer. */
interface KafkaJsRequest {
  request: { apiVersion: number }
  response: { decode(frame: Buffer): Promise<unknown> }
}
type Lookup = (apiKey: number, definition: unknown) => (given: unknown) => KafkaJsRequest
/** What a kafkajs broker has besides what its types say: requests in the version that both sides know. */
type BrokerInside = Broker & { lookupRequest: Lookup }

const FETCH = 1

/**
 * An assigner is where kafkajs shows a consumer's cluster: from then on what it fetches is read by `decodeFetchAnswer`,
 * and record batches come in the place of messages.
 */
export const withOwnFetches =
  (assigner: PartitionAssigner): PartitionAssigner =>
  (shown) => {
    readFetches(shown.cluster)
    return assigner(shown)
  }

function readFetches(cluster: Cluster): void {
  const findBroker = cluster.findBroker.bind(cluster)
  const changed = new WeakSet<Lookup>()
  cluster.findBroker = async (node) => {
    const broker = (await findBroker(node)) as BrokerInside
    // kafkajs makes it anew at every connect.
    if (!changed.has(broker.lookupRequest)) {
      broker.lookupRequest = withFetch(broker.lookupRequest)
      changed.add(broker.lookupRequest)
    }
    return broker
  }
}

function withFetch(lookup: Lookup): Lookup {
  return (apiKey, definition) => {
    const make = lookup(apiKey, definition)
    if (apiKey !== FETCH) return make
    return (given) => {
      const made = make(given)
      if (made.request.apiVersion !== FETCH_VERSION) throw tooOld(made.request.apiVersion)
      return { ...made, response: { ...made.response, decode: decodeFetchAnswer } }
    }
  }
}

const tooOld = (version: number) =>
  asFinal(
    new OperatorError(
      'kafka_too_old',
      `The broker knows Fetch up to version ${version}; feedloop needs ${FETCH_VERSION}: use Kafka 2.3 or newer.`,
    ),
  )
