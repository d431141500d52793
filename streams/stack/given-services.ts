import { streamsLimitsSchema } from '../config.ts'
import type { KafkaAddress } from '../contract.ts'
import { codeOf } from '../errors.ts'
import { reachBrokers } from '../kafka/kafka-client.ts'
import { classifyKafkaError } from '../kafka/kafka-errors.ts'
import { silentLogger } from '../log.ts'
import { kafkaAddressOf, redisAddressOf, registryAddressOf, type GivenAddress } from './addresses.ts'
import { ServiceUnreachableError } from './errors.ts'
import { checkKafka } from './kafka-ready.ts'
import { pollUntil, WaitLimitError } from './process-wait.ts'
import type { StackProgress } from './progress.ts'
import { checkRedis } from './redis-ready.ts'
import { checkRegistry } from './registry-ready.ts'
import { SERVICE_NAMES, type ServiceName } from './stack-services.ts'

/** Long enough for containers that were started a moment ago. */
const LIMIT_MS = 10_000
const POLL_MS = 250
const limits = streamsLimitsSchema.parse({})

/** One try of a real request to a service that somebody else runs; throws what is not there. */
export function checkService(
  service: ServiceName,
  { address, security, redis, registry }: Omit<GivenAddress, 'source'>,
): Promise<void> {
  switch (service) {
    case 'kafka':
      return checkGivenKafka(kafkaAddressOf(address, security))
    case 'redis':
      return checkRedis(redisAddressOf(address, redis))
    case 'registry':
      return checkRegistry(registryAddressOf(address, registry))
  }
}

/** Its errors are ours. A right that is missing is no matter here: what refuses it answers. */
async function checkGivenKafka(address: KafkaAddress): Promise<void> {
  try {
    await checkKafka(address)
  } catch (error) {
    const classified = classifyKafkaError(error, address.brokers)
    if (classified.code === 'kafka_permission') return
    if (classified.code !== 'kafka_unreachable') throw classified
    await reachBrokers({ address, clientId: 'feedloop-stack', limits, log: silentLogger }).catch(
      (better: unknown) => {
        if (codeOf(better) !== 'kafka_unreachable') throw better
      },
    )
    // Nobody knows better: what the connection itself said.
    throw error
  }
}

/** What waiting does not cure. */
const REFUSALS = new Set(['kafka_login', 'kafka_certificate', 'certificate_unusable', 'secret_unreadable'])

/** Waits until the services that were given answer. Throws ServiceUnreachableError. */
export async function waitForGiven(
  given: Partial<Record<ServiceName, GivenAddress>>,
  options: { onProgress: (progress: StackProgress) => void; signal?: AbortSignal | undefined },
): Promise<void> {
  await Promise.all(
    SERVICE_NAMES.map(async (service) => {
      const there = given[service]
      if (there === undefined) return
      const { address, source } = there
      options.onProgress({ kind: 'given', service, address, source })
      let refusal: unknown
      const check = () =>
        checkService(service, there).catch((error: unknown) => {
          if (REFUSALS.has(codeOf(error))) refusal = error
          throw error
        })
      try {
        await pollUntil(check, {
          everyMs: POLL_MS,
          limitMs: LIMIT_MS,
          signal: options.signal,
          stillWorthIt() {
            if (refusal !== undefined) throw refusal
          },
        })
      } catch (error) {
        if (!(error instanceof WaitLimitError)) throw error
        throw new ServiceUnreachableError(service, address, source, error.cause)
      }
    }),
  )
}
