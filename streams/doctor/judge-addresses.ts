import { codeOf, type OperatorError } from '../errors.ts'
import { ADDRESS_VARIABLES, SERVICE_TITLES, type ServiceName } from '../stack/stack-services.ts'
import { failed, type Finding, warning } from './finding.ts'

/** The check that stands for the service as a whole. */
const CHECKS: Record<ServiceName, string> = { kafka: 'brokers', redis: 'redis', registry: 'registry' }
const SETTINGS: Record<ServiceName, string> = {
  kafka: 'kafka.brokers',
  redis: 'redis.url',
  registry: 'registry.url',
}

/** What to do about one that has an address and does not answer there. */
export const START: Record<ServiceName, string> = {
  kafka: 'Start Kafka, or correct FEEDLOOP_KAFKA_BROKERS or the login.',
  redis: 'Start Redis, or correct FEEDLOOP_REDIS_URL or the login.',
  registry: 'Start the registry, or correct FEEDLOOP_REGISTRY_URL or the login.',
}

/** A service whose address is not known. */
export function judgeAddress(service: ServiceName, why: OperatorError): Finding {
  const check = CHECKS[service]
  const variable = ADDRESS_VARIABLES[service]
  if (codeOf(why) !== 'stack_not_running')
    return failed(check, why.message, `Correct ${variable} or ${SETTINGS[service]}.`)
  return failed(
    check,
    `no local ${SERVICE_TITLES[service]} runs, and neither ${variable} nor ${SETTINGS[service]} names another`,
    `Run \`npx feedloop stack up\` (what runs already is left alone), or set ${variable}.`,
  )
}

/** A check that reads records, whose schemas nobody tells. */
export const needsRegistry = (check: string): Finding =>
  warning(check, 'not checked: the registry does not answer', 'Mend the registry, then run doctor again.')
