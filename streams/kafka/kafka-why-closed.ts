import { speaksTls } from '#schemas'
import type { KafkaAddress } from '../contract.ts'
import { OperatorError } from '../errors.ts'
import { MechanismMissingError } from './wire/kafka-refusals.ts'

/**
 * A broker that wants TLS or a login and gets none closes the connection without a word. Asks it what it wants.
 *
 * @param askMechanism tries a login that nobody offers, and answers with the error
 * @returns null when it is neither
 */
export async function whyClosed(
  address: KafkaAddress,
  askMechanism: (address: KafkaAddress) => Promise<unknown>,
): Promise<OperatorError | null> {
  const at = address.brokers.join(', ')
  const isPlain = address.tls?.enabled !== true
  if (isPlain && (await anySpeaksTls(address.brokers)))
    return new OperatorError(
      'kafka_certificate',
      `Kafka at ${at} wants TLS on that port, and gets none: set kafka.tls (FEEDLOOP_KAFKA_TLS=true), with caFile if it has an authority of its own.`,
    )
  if (address.sasl !== undefined) return null
  const answer = mechanismIn(await askMechanism(address))
  if (answer === null) return null
  return new OperatorError(
    'kafka_login',
    `Kafka at ${at} wants a login, and gets none: set kafka.sasl (FEEDLOOP_KAFKA_SASL_MECHANISM); it offers ${answer.offered.join(', ')}.`,
  )
}

function mechanismIn(error: unknown): MechanismMissingError | null {
  for (let one = error, depth = 0; one instanceof Error && depth < 8; one = one.cause, depth++)
    if (one instanceof MechanismMissingError) return one
  return null
}

async function anySpeaksTls(brokers: readonly string[]): Promise<boolean> {
  const answers = await Promise.all(
    brokers.map((broker) => {
      const colon = broker.lastIndexOf(':')
      return speaksTls(broker.slice(0, colon), Number(broker.slice(colon + 1)))
    }),
  )
  return answers.includes(true)
}
