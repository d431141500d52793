/** What a stack can fail with: always something a person must mend, and the message says how. */
import { OperatorError } from '../errors.ts'
import { ADDRESS_VARIABLES, SERVICE_TITLES, type ServiceName } from './stack-services.ts'

export class JavaMissingError extends OperatorError {
  override readonly name = 'JavaMissingError'
  constructor(versionMin: number) {
    super(
      'java_missing',
      `Java ${versionMin} or newer is needed to run Kafka and the schema registry, and no java was found. ` +
        `Install a JRE (Debian: apt-get install openjdk-${versionMin}-jre-headless) or set JAVA_HOME; ` +
        `or name running services in ${ADDRESS_VARIABLES.kafka} and ${ADDRESS_VARIABLES.registry}.`,
    )
  }
}

export class JavaTooOldError extends OperatorError {
  override readonly name = 'JavaTooOldError'
  constructor(found: string, command: string, versionMin: number) {
    super(
      'java_too_old',
      `Java ${versionMin} or newer is needed, ${command} is ${found}. ` +
        'Install a newer one and put it on the PATH, or set JAVA_HOME to it.',
    )
  }
}

export class KeytoolFailedError extends OperatorError {
  override readonly name = 'KeytoolFailedError'
  constructor(step: string, cause: unknown) {
    super(
      'keytool_failed',
      `Making certificates failed: keytool ${step} says "${toolOutputOf(cause)}". keytool is part of every Java; ` +
        'see that the one beside java runs.',
      { cause },
    )
  }
}

export class MavenMissingError extends OperatorError {
  override readonly name = 'MavenMissingError'
  constructor(archives: string[], cacheDir: string) {
    super(
      'maven_missing',
      `Maven is needed once, to fetch ${archives.join(', ')} into ${cacheDir}, and no mvn was found on the PATH. ` +
        'Install it (Debian: apt-get install maven), or copy that folder from a machine that has it.',
    )
  }
}

export class DownloadFailedError extends OperatorError {
  override readonly name = 'DownloadFailedError'
  constructor(archive: string, reason: string, outputTail: string) {
    super(
      'download_failed',
      `Fetching ${archive} through Maven failed (${reason}). Check the network, or the mirror and proxy in ` +
        `~/.m2/settings.xml, and run again; what was fetched is kept. Maven's last lines:\n${outputTail}`,
    )
  }
}

export class RedisMissingError extends OperatorError {
  override readonly name = 'RedisMissingError'
  constructor(reason: string) {
    super(
      'redis_missing',
      `${reason} Install redis-server (Debian: apt-get install redis-server) or name a running one in ` +
        `${ADDRESS_VARIABLES.redis}.`,
    )
  }
}

export class PortTakenError extends OperatorError {
  override readonly name = 'PortTakenError'
  constructor(service: ServiceName, port: number) {
    super(
      'port_taken',
      `Port ${port}, asked for ${SERVICE_TITLES[service]}, is taken by another process. ` +
        'End that process or ask for another port; without the option a free one is chosen.',
    )
  }
}

export class ProcessDiedError extends OperatorError {
  override readonly name = 'ProcessDiedError'
  constructor(
    readonly service: ServiceName,
    outcome: string,
    logFile: string,
    logTail: string,
  ) {
    super(
      'process_died',
      `${SERVICE_TITLES[service]} ended while it started (${outcome}). Its log is ${logFile}; the last lines:\n` +
        `${logTail || '(empty)'}\n"feedloop stack up --clean" starts without what was kept.`,
    )
  }
}

export class NotReadyError extends OperatorError {
  override readonly name = 'NotReadyError'
  constructor(service: ServiceName, seconds: number, logFile: string, logTail: string, cause: unknown) {
    super(
      'not_ready',
      `${SERVICE_TITLES[service]} did not answer within ${seconds} s (${reasonOf(cause)}). Its log is ${logFile}; ` +
        `the last lines:\n${logTail || '(empty)'}`,
      { cause },
    )
  }
}

export class ServiceUnreachableError extends OperatorError {
  override readonly name = 'ServiceUnreachableError'
  constructor(service: ServiceName, address: string, source: string, cause: unknown) {
    super(
      'service_unreachable',
      `${SERVICE_TITLES[service]} at ${address} (from ${source}) does not answer: ${reasonOf(cause)}. ` +
        'Start it, or take the setting away to have a local one started.',
      { cause },
    )
  }
}

export class AddressInvalidError extends OperatorError {
  override readonly name = 'AddressInvalidError'
  constructor(value: string, source: string, expected: string) {
    super('address_invalid', `"${value}" (from ${source}) is not an address: ${expected} is expected.`)
  }
}

export class SecureStackIncompleteError extends OperatorError {
  override readonly name = 'SecureStackIncompleteError'
  constructor(source: string) {
    super(
      'secure_stack_incomplete',
      `A secure stack starts Kafka, Redis and the registry itself, and ${source} names one of them. ` +
        'Take that setting away, or leave --secure out.',
    )
  }
}

export class StackNotSecureError extends OperatorError {
  override readonly name = 'StackNotSecureError'
  constructor(dir: string) {
    super('stack_not_secure', `No secure stack runs in ${dir}. Start one with "feedloop stack up --secure".`)
  }
}

export class StackNotRunningError extends OperatorError {
  override readonly name = 'StackNotRunningError'
  /** @param runsInPart others of that stack run */
  constructor(services: readonly ServiceName[], dir: string, runsInPart: boolean) {
    const titles = services.map((service) => SERVICE_TITLES[service]).join(', ')
    const variables = services.map((service) => ADDRESS_VARIABLES[service]).join(', ')
    super(
      'stack_not_running',
      runsInPart
        ? `No address known for ${titles}: not running in the local stack of ${dir}, of which the rest runs. ` +
            `"feedloop stack up" starts what is missing and leaves the rest alone; or set ${variables}.`
        : `No address known for ${titles}: no local stack runs in ${dir}. ` +
            `Start one with "feedloop stack up", or set ${variables}.`,
    )
  }
}

export class StateUnreadableError extends OperatorError {
  override readonly name = 'StateUnreadableError'
  constructor(file: string, cause: unknown) {
    super(
      'state_unreadable',
      `${file} cannot be understood (${reasonOf(cause)}). See that no Kafka, Redis or registry of this stack runs ` +
        'any more, then remove the file.',
      { cause },
    )
  }
}

export class StackBusyError extends OperatorError {
  override readonly name = 'StackBusyError'
  constructor(pid: number, file: string, seconds: number) {
    super(
      'stack_busy',
      `Process ${pid} has been starting or stopping this stack for over ${seconds} s (${file}); end it first.`,
    )
  }
}

export class StopFailedError extends OperatorError {
  override readonly name = 'StopFailedError'
  constructor(service: ServiceName, pid: number) {
    super('stop_failed', `${SERVICE_TITLES[service]} (process ${pid}) did not end, not even after SIGKILL.`)
  }
}

export class StackInterruptedError extends OperatorError {
  override readonly name = 'StackInterruptedError'
  constructor() {
    super('stack_interrupted', 'Interrupted; what had been started was stopped again.')
  }
}

/** keytool tells what is wrong on standard output, the system why it did not start. */
function toolOutputOf(cause: unknown): string {
  const output = cause instanceof Error && 'stdout' in cause ? String(cause.stdout).trim() : ''
  return output.split('\n')[0] || reasonOf(cause)
}

/** One line about a cause, for the end of a sentence. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message || cause.name : String(cause)
  return (text.split('\n')[0] ?? '').replace(/[.\s]+$/, '')
}
