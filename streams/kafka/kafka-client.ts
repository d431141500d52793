import {
  type Admin,
  type AdminConfig,
  type Consumer,
  type ConsumerConfig,
  Kafka,
  type KafkaConfig,
  type logCreator,
  logLevel,
  type Producer,
  type ProducerConfig,
  type RetryOptions,
} from 'kafkajs'
import type { StreamsLimits } from '../config.ts'
import type { KafkaAddress } from '../contract.ts'
import { classifyKafkaError } from './kafka-errors.ts'
import { whyClosed } from './kafka-why-closed.ts'
import { kafkaSettingsOf } from './kafka-settings.ts'
import { registerCodecs } from './wire/kafka-codecs.ts'
import { encodeOwnProduce, produceRequests } from './wire/kafka-produce-request.ts'
import {
  brokerClass,
  nameMechanisms,
  noteRefusals,
  poolClass,
  saslHandshake,
  tellRefusals,
} from './wire/kafka-refusals.ts'
import { lengthenSessions } from './wire/kafka-session-timeouts.ts'
import { mendQueues, queueClass } from './wire/kafka-request-queues.ts'
import { createKafkaSockets, type UnansweredRequest } from './wire/kafka-sockets.ts'
import type { Logger } from '../stage.ts'
import { LOG_EVENTS } from '../signals.ts'

export interface KafkaClientOptions {
  address: KafkaAddress
  clientId: string
  limits: StreamsLimits
  log: Logger
  retry?: RetryOptions
}

// Before the first connection of this process.
mendQueues(queueClass)
encodeOwnProduce(produceRequests)
registerCodecs()
noteRefusals(brokerClass)
tellRefusals(poolClass)
nameMechanisms(saslHandshake)
lengthenSessions(brokerClass)

/**
 * The kafkajs client as this part uses it: short waits, bounded retries, its log in ours, and no connection that
 * has gone silent (kafka-sockets.ts).
 */
export function createKafka({ address, clientId, limits, log, retry }: KafkaClientOptions): Kafka {
  return new AttentiveKafka(
    {
      ...kafkaSettingsOf(address),
      clientId,
      connectionTimeout: limits.connectTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      enforceRequestTimeout: true,
      logLevel: logLevel.INFO,
      logCreator: logTo(log),
      retry: retry ?? outageRetry(limits),
    },
    log,
  )
}

/**
 * kafkajs as its documentation shows it, and silent: for checks that ask once, for clean-up, and for who plays a
 * stranger in tests and controls.
 */
export function createPlainKafka(address: KafkaAddress, settings: Partial<KafkaConfig> = {}): Kafka {
  return new Kafka({ logLevel: logLevel.NOTHING, ...settings, ...kafkaSettingsOf(address) })
}

/**
 * Every client has its sockets to itself: one on which a request got no answer in time is ended, and so are those that
 * kafkajs 2.2.4 forgets (it drops a broker whose one connection broke and leaves the other open, which would keep the
 * process alive after everything has stopped).
 */
class AttentiveKafka extends Kafka {
  readonly #config: KafkaConfig
  readonly #log: Logger

  constructor(config: KafkaConfig, log: Logger) {
    super(config)
    this.#config = config
    this.#log = log
  }

  override admin(config?: AdminConfig): Admin {
    const { kafka, unanswered, disconnected } = this.#attended()
    const admin = kafka.admin(config)
    admin.on('admin.network.request_timeout', unanswered)
    admin.on('admin.disconnect', disconnected)
    return admin
  }

  override producer(config?: ProducerConfig): Producer {
    const { kafka, unanswered, disconnected } = this.#attended()
    const producer = kafka.producer(config)
    producer.on('producer.network.request_timeout', unanswered)
    producer.on('producer.disconnect', disconnected)
    return producer
  }

  override consumer(config: ConsumerConfig): Consumer {
    const { kafka, unanswered, disconnected } = this.#attended()
    const consumer = kafka.consumer(config)
    consumer.on('consumer.network.request_timeout', unanswered)
    consumer.on('consumer.disconnect', disconnected)
    return consumer
  }

  #attended() {
    const sockets = createKafkaSockets(() => Date.now())
    const unanswered = ({ payload }: { payload: UnansweredRequest }): void => {
      if (sockets.endSilent(payload) > 0) this.#log.warn({ broker: payload.broker }, LOG_EVENTS.brokerSilent)
    }
    const kafka = new Kafka({ ...this.#config, socketFactory: sockets.factory })
    return { kafka, unanswered, disconnected: () => sockets.endAll() }
  }
}

/** 100 ms at first, 1 s at most: brokers that come back are noticed at once (kafkajs' own maximum is 30 s). */
export function outageRetry(limits: StreamsLimits) {
  return {
    initialRetryTime: 100,
    maxRetryTime: 1_000,
    factor: 0.2,
    multiplier: 2,
    retries: limits.brokerOutageSecondsMax,
  }
}

/** The retries of a connection are those of the client, not of its admin or producer: so the first contact has its own. */
const FIRST_CONTACT_RETRY = {
  initialRetryTime: 100,
  maxRetryTime: 400,
  factor: 0.2,
  multiplier: 2,
  retries: 3,
}

/**
 * A broker that is not there is said within seconds, whatever the outage limits allow later.
 *
 * @throws OperatorError `kafka_unreachable`, `kafka_login`, `kafka_certificate`; CertificateError, SecretUnreadableError
 */
export async function reachBrokers(options: Omit<KafkaClientOptions, 'retry'>): Promise<void> {
  const { address } = options
  const probe = createKafka({ ...options, retry: FIRST_CONTACT_RETRY }).admin()
  try {
    await probe.connect()
    // A broker that wants a login takes the connection, and closes it at the first question.
    await probe.describeCluster()
  } catch (error) {
    const classified = classifyKafkaError(error, address.brokers)
    throw (
      (classified.code === 'kafka_unreachable' ? await whyClosed(address, askMechanism) : null) ?? classified
    )
  } finally {
    await probe.disconnect()
  }
}

/** Asks for a login that nobody offers: the answer names those that are. */
async function askMechanism(address: KafkaAddress): Promise<unknown> {
  const admin = createPlainKafka(address, {
    retry: { retries: 0 },
    connectionTimeout: 3_000,
    sasl: {
      mechanism: 'feedloop-asks',
      authenticationProvider: () => ({ authenticate: () => Promise.resolve() }),
    },
  }).admin()
  try {
    return await admin.connect()
  } catch (error) {
    return error
  } finally {
    await admin.disconnect()
  }
}

/** What passes by itself and is retried; it shows as an error in kafkajs' own words. */
const PASSING =
  /rebalanc|coordinator|re-joining|metadata|leader|Connection (error|timeout)|Closed connection|Request .* timed out|Failed to (send|connect)|Crash: KafkaJSNumberOfRetriesExceeded|Restarting the consumer|Limiting retries|Response (\w+)\(|not aware of|No broker|Broker not connected|broker .* disconnected/i

function logTo(log: Logger): logCreator {
  return () =>
    ({ namespace, level, log: { message, timestamp: _timestamp, logger: _logger, ...fields } }) => {
      const entry = { kafkajs: namespace, said: message, ...fields }
      if (level === logLevel.ERROR && !PASSING.test(message)) log.warn(entry, LOG_EVENTS.kafkajsSaid)
      else log.debug(entry, LOG_EVENTS.kafkajsSaid)
    }
}
