import {
  KafkaBugError,
  KafkaTransientError,
  OperatorError,
  type PolicyError,
  policyOf,
  RecordTooLargeError,
} from '../errors.ts'
import { certificateSentence, missingRight, type RefusedRequest } from './kafka-sentences.ts'

/** What kafkajs 2.2.4 puts on its errors (src/errors.js). */
interface KafkaJsError extends Error {
  retriable?: boolean
  type?: string
  broker?: string
  cause?: unknown
  /** KafkaJSAggregateError: one per topic. */
  errors?: Error[]
  topic?: string
  /** Put there by wire/kafka-refusals.ts. */
  refused?: RefusedRequest
}

const AUTHORIZATION = /_AUTHORIZATION_FAILED$/
const MISSING_TOPIC = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION'])
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
const CONFIGURATION = new Set([
  'INVALID_CONFIG',
  'POLICY_VIOLATION',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_PARTITIONS',
])
const NO_BROKER = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSNoBrokerAvailableError',
])

/**
 * Every kafkajs error as one of ours: transient, poison, bug or operator, with one sentence and the cause kept.
 * Errors that state a policy already pass through, also from within what kafkajs wraps them in.
 */
export function classifyKafkaError(error: unknown, brokers: readonly string[]): PolicyError {
  const chain = chainOf(error)
  const stated = chain.find((one): one is PolicyError => 'policy' in one && 'code' in one)
  if (stated !== undefined) return stated
  const root = chain.at(-1)!
  const at = brokers.join(', ')
  const cause = { cause: error }

  if (root.name === 'KafkaJSSASLAuthenticationError') {
    return new OperatorError(
      'kafka_login',
      `Kafka at ${at} refused the login: check user and password (kafka.sasl; it said: ${root.message}).`,
      cause,
    )
  }
  const certificate = certificateSentence(root.message, at)
  if (certificate !== null) return new OperatorError('kafka_certificate', certificate, cause)
  if (NO_BROKER.has(root.name) || root.message === 'Closed connection') return noBroker(brokers, error)
  if (root.name === 'KafkaJSGroupCoordinatorNotFound') {
    const message = `Kafka at ${at} gives no coordinator for the group: it is starting, or READ on the group is not allowed.`
    return new KafkaTransientError(message, cause)
  }
  if (root.type !== undefined) {
    if (AUTHORIZATION.test(root.type)) {
      return new OperatorError('kafka_permission', missingRight(root.type, root.refused, at), cause)
    }
    if (root.type === 'ILLEGAL_SASL_STATE') {
      const message = `Kafka at ${at} takes no login on that port: leave kafka.sasl out, or use the port that does.`
      return new OperatorError('kafka_login', message, cause)
    }
    if (MISSING_TOPIC.has(root.type)) return topicsMissing([], error)
    if (TOO_LARGE.has(root.type))
      return new RecordTooLargeError(`A record is larger than its topic takes: ${root.type}.`, cause)
    if (CONFIGURATION.has(root.type)) {
      const topic = root.topic === undefined ? 'a topic' : `topic ${root.topic}`
      return new OperatorError(
        'kafka_configuration',
        `Kafka at ${at} refused ${topic}: ${root.message} (${root.type}).`,
        cause,
      )
    }
  }
  if (isRebalancing(error)) return new KafkaTransientError(`Kafka at ${at}: ${root.message}`, cause)
  if (UNFORESEEN.has(root.name)) return new KafkaBugError(root.message, cause)
  if (root.retriable === true || root.name === 'KafkaJSTimeout' || root.name === 'KafkaJSLockTimeout') {
    return new KafkaTransientError(`Kafka at ${at}: ${root.message}`, cause)
  }
  if (root.name.startsWith('KafkaJS')) return new KafkaBugError(`Kafka at ${at}: ${root.message}`, cause)
  return new KafkaBugError(root.message, cause)
}

const UNFORESEEN = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'])

export function noBroker(brokers: readonly string[], cause?: unknown): OperatorError {
  const start = 'Start one with `npx feedloop stack up` or set FEEDLOOP_KAFKA_BROKERS.'
  return new OperatorError(
    'kafka_unreachable',
    `No Kafka broker answers at ${brokers.join(', ')}. ${start}`,
    { cause },
  )
}

export function topicsMissing(names: readonly string[], cause?: unknown): OperatorError {
  const which =
    names.length === 0
      ? 'A topic does'
      : names.length === 1
        ? `Topic ${names[0]} does`
        : `Topics ${names.join(', ')} do`
  return new OperatorError('topics_missing', `${which} not exist: run \`npx feedloop topics apply\`.`, {
    cause,
  })
}

/** kafkajs wraps what happened: KafkaJSNumberOfRetriesExceeded > KafkaJSNonRetriableError > the cause. */
function chainOf(error: unknown): KafkaJsError[] {
  const chain: KafkaJsError[] = [error instanceof Error ? error : new Error(String(error))]
  for (let depth = 0; depth < 8; depth++) {
    const { errors, cause } = chain.at(-1)!
    const inner = errors?.[0] ?? cause
    if (!(inner instanceof Error)) break
    chain.push(inner)
  }
  return chain
}

const rootOf = (error: unknown): KafkaJsError => chainOf(error).at(-1)!

/** kafkajs tries again what does not say this of itself. Such an error must have no cause: kafkajs would keep that alone. */
export const asFinal = <E extends PolicyError>(error: E): E => Object.assign(error, { retriable: false })

/** The broker says that the group moved on: our partitions may be someone else's. */
export function isOwnershipLost(error: unknown): boolean {
  const type = rootOf(error).type
  return type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION' || type === 'FENCED_INSTANCE_ID'
}

/** The group is about to be divided anew. */
export function isRebalancing(error: unknown): boolean {
  const type = rootOf(error).type
  return isOwnershipLost(error) || type === 'REBALANCE_IN_PROGRESS' || type === 'NOT_COORDINATOR_FOR_GROUP'
}

export function isTransient(error: unknown, brokers: readonly string[]): boolean {
  return policyOf(classifyKafkaError(error, brokers)) === 'transient'
}
