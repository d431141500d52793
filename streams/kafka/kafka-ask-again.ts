import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamsLimits } from '../config.ts'
import type { KafkaAddress } from '../contract.ts'
import { policyOf } from '../errors.ts'
import { silentLogger } from '../log.ts'
import type { Logger } from '../stage.ts'
import { classifyKafkaError } from './kafka-errors.ts'
import { LOG_EVENTS } from '../signals.ts'

export interface AskAgainParts {
  brokers: readonly string[]
  limits: Pick<StreamsLimits, 'brokerOutageSecondsMax'>
  log: Logger
}

const ASK_DELAY_MS = 500
const LOOK_SECONDS = 10

/** For who only looks: leaders move, but nobody wants to wait for an outage to end. */
export const lookingAt = ({ brokers }: KafkaAddress): AskAgainParts => ({
  brokers,
  limits: { brokerOutageSecondsMax: LOOK_SECONDS },
  log: silentLogger,
})

/**
 * A question to the brokers that outlives their outage. kafkajs' admin gives up at the first broken connection;
 * leaders and coordinators move while a broker is down, and asking again is all it takes.
 *
 * @throws PolicyError at once when asking again cannot help, else after `brokerOutageSecondsMax`
 */
export async function askAgain<T>(
  ask: () => Promise<T>,
  { brokers, limits, log }: AskAgainParts,
): Promise<T> {
  const startMs = performance.now()
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      const classified = classifyKafkaError(error, brokers)
      const passes = policyOf(classified) === 'transient' || classified.code === 'kafka_unreachable'
      const outageMs = performance.now() - startMs
      if (!passes || outageMs > limits.brokerOutageSecondsMax * 1_000) throw classified
      log.debug({ attempt, error: classified.message }, LOG_EVENTS.questionAskedAgain)
      await sleep(ASK_DELAY_MS)
    }
  }
}
