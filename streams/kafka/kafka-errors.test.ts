import kafkajs from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { EncodeError, RegistryUnavailableError } from '#schemas'
import { describeFailure, OperatorError, policyOf } from '../errors.ts'
import {
  classifyKafkaError,
  isOwnershipLost,
  isRebalancing,
  noBroker,
  topicsMissing,
} from './kafka-errors.ts'

const brokers = ['127.0.0.1:9']

/** kafkajs' own classes, of which its types show only some. */
const errors = kafkajs as unknown as Record<string, new (...args: unknown[]) => Error>
const protocol = (type: string, retriable = false) =>
  new errors['KafkaJSProtocolError']!({ message: type, type, code: 1, retriable })
const wrapped = (cause: Error) => {
  const inner = new errors['KafkaJSNonRetriableError']!(cause.message, { cause })
  return new errors['KafkaJSNumberOfRetriesExceeded']!(inner, { retryCount: 5, retryTime: 100 })
}
const connection = () =>
  new errors['KafkaJSConnectionError']!('connect ECONNREFUSED', { broker: brokers[0], code: 'ECONNREFUSED' })

const table: [string, Error, string, string][] = [
  ['a refused connection', connection(), 'operator', 'kafka_unreachable'],
  ['a refused connection after retries', wrapped(connection()), 'operator', 'kafka_unreachable'],
  [
    'a closed connection',
    new errors['KafkaJSConnectionClosedError']!('Closed connection', { host: 'h', port: 1 }),
    'operator',
    'kafka_unreachable',
  ],
  ['no broker', new errors['KafkaJSNoBrokerAvailableError']!(), 'operator', 'kafka_unreachable'],
  ['a wrong password', new errors['KafkaJSSASLAuthenticationError']!('no'), 'operator', 'kafka_login'],
  [
    'a foreign certificate',
    wrapped(new Error('self-signed certificate in certificate chain')),
    'operator',
    'kafka_certificate',
  ],
  [
    'our own certificate, past its date',
    wrapped(new Error('ssl3_read_bytes:sslv3 alert certificate expired')),
    'operator',
    'kafka_certificate',
  ],
  ['a missing permission', protocol('TOPIC_AUTHORIZATION_FAILED'), 'operator', 'kafka_permission'],
  ['a producer without permission', protocol('CLUSTER_AUTHORIZATION_FAILED'), 'operator', 'kafka_permission'],
  ['a missing topic', wrapped(protocol('UNKNOWN_TOPIC_OR_PARTITION', true)), 'operator', 'topics_missing'],
  ['a bad setting', protocol('INVALID_CONFIG'), 'operator', 'kafka_configuration'],
  ['too few brokers', protocol('INVALID_REPLICATION_FACTOR'), 'operator', 'kafka_configuration'],
  ['a large record', protocol('MESSAGE_TOO_LARGE'), 'poison', 'record_too_large'],
  ['a moved leader', protocol('NOT_LEADER_FOR_PARTITION', true), 'transient', 'kafka_transient'],
  [
    'a slow answer',
    new errors['KafkaJSRequestTimeoutError']!('Request Fetch timed out'),
    'transient',
    'kafka_transient',
  ],
  [
    'a lock',
    new errors['KafkaJSLockTimeout']!('Timeout while acquiring lock'),
    'transient',
    'kafka_transient',
  ],
  [
    'a coordinator on its way',
    new errors['KafkaJSGroupCoordinatorNotFound']!('no coordinator'),
    'transient',
    'kafka_transient',
  ],
  ['a corrupt request', protocol('INVALID_REQUIRED_ACKS'), 'bug', 'kafka_bug'],
  ['an invariant', new errors['KafkaJSInvariantViolation']!('impossible'), 'bug', 'kafka_bug'],
  ['a programming error', wrapped(new TypeError('x is undefined')), 'bug', 'kafka_bug'],
  ['anything else', new Error('what'), 'bug', 'kafka_bug'],
]

describe('classifyKafkaError', () => {
  it.each(table)('%s', (_, error, policy, code) => {
    const classified = classifyKafkaError(error, brokers)
    expect(classified).toMatchObject({ policy, code })
    expect(classified.cause).toBe(error)
  })
  it('finds what states its policy within what kafkajs wraps it in', () => {
    const stated = new OperatorError('compression', 'not read here')
    expect(classifyKafkaError(wrapped(stated), brokers)).toBe(stated)
  })
  it('has a verdict on every error kafkajs exports', () => {
    const names = Object.keys(errors).filter((name) => name.startsWith('KafkaJS'))
    expect(names.length).toBeGreaterThan(25)
    for (const name of names) {
      const error =
        name === 'KafkaJSDeleteTopicRecordsError'
          ? new errors[name]!({ partitions: [] })
          : new errors[name]!('message', {})
      expect(['transient', 'poison', 'bug', 'operator']).toContain(classifyKafkaError(error, brokers).policy)
    }
  })
  it('lets errors pass that state their policy', () => {
    const encode = new EncodeError('t', 'a.b', 'no')
    expect(classifyKafkaError(encode, brokers)).toBe(encode)
  })
})

describe('sentences', () => {
  it('say what to do', () => {
    expect(noBroker(['a:1', 'b:2']).message).toBe(
      'No Kafka broker answers at a:1, b:2. Start one with `npx feedloop stack up` or set FEEDLOOP_KAFKA_BROKERS.',
    )
    expect(topicsMissing(['feed.items.v1']).message).toBe(
      'Topic feed.items.v1 does not exist: run `npx feedloop topics apply`.',
    )
  })
  it('come without a stack when the failure was foreseen', () => {
    expect(describeFailure(noBroker(['a:1']))).toEqual({ message: noBroker(['a:1']).message, foreseen: true })
    expect(describeFailure(new Error('odd')).message).toMatch(/odd\n\s+at /)
    expect(policyOf(new RegistryUnavailableError('x', 1, 'outage'))).toBe('transient')
    expect(policyOf(undefined)).toBe('bug')
  })
})

describe('group errors', () => {
  it('tell a rebalance from lost partitions', () => {
    expect([
      isRebalancing(protocol('REBALANCE_IN_PROGRESS')),
      isOwnershipLost(protocol('REBALANCE_IN_PROGRESS')),
    ]).toEqual([true, false])
    expect(isOwnershipLost(protocol('ILLEGAL_GENERATION'))).toBe(true)
    expect(isOwnershipLost(wrapped(protocol('UNKNOWN_MEMBER_ID')))).toBe(true)
    expect(isRebalancing(new Error('other'))).toBe(false)
  })
})
