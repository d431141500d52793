import { createRequire } from 'node:module'
import { OperatorError } from '../../errors.ts'
import { asFinal } from '../kafka-errors.ts'
import type { RefusedRequest } from '../kafka-sentences.ts'

interface Broker {
  connectionPool?: { sasl?: { username?: string } | null }
}
type Method = (this: Broker, ...given: unknown[]) => Promise<unknown>
type Methods = Record<string, Method | undefined>

interface WithBroker {
  (this: object, ask: (found: object) => Promise<unknown>): Promise<unknown>
}

interface Handshake {
  protocol(which: {
    version: number
  }): (given: { mechanism: string }) => { response: { parse(answer: HandshakeAnswer): Promise<unknown> } }
}
interface HandshakeAnswer {
  errorCode: number
  enabledMechanisms: readonly string[]
}

const require = createRequire(import.meta.url)
/** As kafkajs has them. */
export const brokerClass = require('kafkajs/src/broker') as { prototype: Methods }
export const poolClass = require('kafkajs/src/cluster/brokerPool') as {
  prototype: { withBroker: WithBroker }
}
export const saslHandshake = require('kafkajs/src/protocol/requests/saslHandshake') as Handshake

const AUTHORIZATION = /_AUTHORIZATION_FAILED$/
/** Requests that a right may be missing for. */
const REQUESTS = [
  'metadata',
  'produce',
  'fetch',
  'findGroupCoordinator',
  'joinGroup',
  'listOffsets',
  'offsetCommit',
  'offsetFetch',
  'describeGroups',
  'createTopics',
  'deleteTopics',
  'describeConfigs',
  'alterConfigs',
  'initProducerId',
  'addPartitionsToTxn',
  'deleteGroups',
  'createAcls',
  'describeAcls',
  'deleteAcls',
]
const UNSUPPORTED_MECHANISM = 33

const isRefusal = (error: unknown): error is Error & { type: string; refused?: RefusedRequest } =>
  error instanceof Error && 'type' in error && AUTHORIZATION.test(String(error.type))

/** KafkaJSAggregateError has one per topic. */
const partsOf = (error: unknown): unknown[] => (error as { errors?: unknown[] } | null)?.errors ?? []

/** Notes on every refusal what was asked. @param brokers changed in place */
export function noteRefusals({ prototype }: { prototype: Methods }): void {
  for (const request of REQUESTS) {
    const send = prototype[request]
    if (send === undefined) throw new Error(`kafkajs has no request ${request}`)
    prototype[request] = async function (...given) {
      try {
        return await send.apply(this, given)
      } catch (error) {
        for (const one of [error, ...partsOf(error)])
          if (isRefusal(one)) one.refused ??= askedBy(this, request, given[0])
        throw error
      }
    }
  }
}

/** Groups and topics, wherever kafkajs' arguments have them. */
function askedBy({ connectionPool }: Broker, request: string, given: unknown): RefusedRequest {
  const asked = (given ?? {}) as {
    groupId?: string
    groupIds?: string[]
    transactionalId?: string
    topics?: unknown[]
    topicData?: unknown[]
  }
  const named = Array.isArray(given) ? given : (asked.topics ?? asked.topicData ?? [])
  const topics = named
    .map((one: unknown) => (typeof one === 'string' ? one : (one as { topic?: unknown }).topic))
    .filter((name): name is string => typeof name === 'string')
  const group = asked.groupId ?? asked.groupIds?.[0] ?? asked.transactionalId
  const user = connectionPool?.sasl?.username ?? null
  return { request, user, topics: [...new Set(topics)], ...(group === undefined ? {} : { group }) }
}

/**
 * kafkajs asks one broker after the other and forgets what each said: a missing right on a group shows as a coordinator
 * that is not found, and is asked for again. Here it is told. @param pools changed in place
 */
export function tellRefusals({ prototype }: { prototype: { withBroker: WithBroker } }): void {
  const { withBroker } = prototype
  prototype.withBroker = async function (ask) {
    let refusal: unknown
    const answer = await withBroker.call(this, async (found) => {
      try {
        return await ask(found)
      } catch (error) {
        if (isRefusal(error)) refusal = error
        throw error
      }
    })
    if (answer === null && refusal !== undefined) throw refusal
    return answer
  }
}

/** Names the mechanisms that brokers offer when ours is none of them. @param requests changed in place */
export function nameMechanisms(requests: Handshake): void {
  const protocol = requests.protocol.bind(requests)
  requests.protocol = (which) => {
    const make = protocol(which)
    return (given) => {
      const made = make(given)
      const { response } = made
      const parse = async (answer: HandshakeAnswer) => {
        if (answer.errorCode === UNSUPPORTED_MECHANISM)
          throw mechanismMissing(given.mechanism, answer.enabledMechanisms)
        return response.parse(answer)
      }
      return { ...made, response: { ...response, parse } }
    }
  }
}

/** The brokers do not offer the mechanism that was asked for. */
export class MechanismMissingError extends OperatorError {
  constructor(
    asked: string,
    readonly offered: readonly string[],
  ) {
    super(
      'kafka_login',
      `The brokers do not offer the login ${asked} (kafka.sasl.mechanism); they offer ${offered.join(', ')}.`,
    )
  }
}

const mechanismMissing = (asked: string, offered: readonly string[]) =>
  asFinal(new MechanismMissingError(asked, offered))
