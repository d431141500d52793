import path from 'node:path'
import { aclCommandLines } from '../acl/acl-lines.ts'
import { brokerProperties } from './broker-properties.ts'
import type { StackSecurity } from './fs-secure.ts'
import { brokerFormatLaunch, brokerLaunch } from './launch.ts'
import type { StackCertificates } from './process-keytool.ts'
import { redisSettings } from './redis-settings.ts'
import {
  argumentsFile,
  FORMAT_ARGUMENTS_FILE,
  formatArguments,
  secureBrokerSettings,
} from './secure-broker.ts'
import { REDIS_USERS_FILE, redisUsers, secureRedisSettings } from './secure-redis.ts'
import { secureRegistrySettings } from './secure-registry.ts'
import { SCRAM_MECHANISM, type StackAcl } from './secure-users.ts'
import { USUAL_CONTROLLER_PORT, USUAL_PORTS } from './stack-services.ts'

/** Where docker-compose.kafka.yml mounts the folder. */
export const CONTAINER_DIR = '/secure'
/** The broker, as the other containers call it. */
export const CONTAINER_BROKER = 'kafka-secure:19092'
/** The registry's HTTPS port inside of its container. */
export const CONTAINER_REGISTRY_PORT = 8443
const KAFKA_DIR = '/opt/kafka'
/** As the plain broker of the compose file has it; the data are in another volume. */
const CLUSTER_ID = 'ZmVlZGxvb3AtY29tcG9zZQ'

/** What the containers of the profile `secure` read, by path: the same settings as those of `stack up --secure`. */
export function containerFiles(
  { certificates, passwords }: StackSecurity,
  feed: { prefix: string; acls: readonly StackAcl[] },
): Record<string, string> {
  const security = { passwords, certificates: inContainer(certificates) }
  const ports = { broker: USUAL_PORTS.kafka, controller: USUAL_CONTROLLER_PORT }
  const format = brokerFormatLaunch('java', `${KAFKA_DIR}/libs`, CLUSTER_ID)
  const run = brokerLaunch('java', `${KAFKA_DIR}/libs`)
  return {
    'kafka/server.properties': brokerProperties(ports, {
      settings: containerBrokerSettings(ports, security),
    }),
    [`kafka/${FORMAT_ARGUMENTS_FILE}`]: formatArguments(format, passwords),
    'kafka/run.arguments': argumentsFile(run.args),
    'kafka/admin.properties': adminProperties(security),
    'kafka/acls.sh': aclScript(feed.acls),
    'redis/redis.conf': redisSettings(USUAL_PORTS.redis, {
      bind: '0.0.0.0',
      dir: '/data',
      ...secureRedisSettings(USUAL_PORTS.redis, security.certificates),
      aclfile: `${CONTAINER_DIR}/redis/${REDIS_USERS_FILE}`,
    }),
    [`redis/${REDIS_USERS_FILE}`]: redisUsers(feed.prefix, passwords),
    'registry/application.properties': secureRegistrySettings(CONTAINER_REGISTRY_PORT, security),
  }
}

function inContainer(certificates: StackCertificates): StackCertificates {
  const moved = (file: string) => path.posix.join(CONTAINER_DIR, 'certificates', path.basename(file))
  return {
    ...certificates,
    caPemFile: moved(certificates.caPemFile),
    serverCertPemFile: moved(certificates.serverCertPemFile),
    serverKeyPemFile: moved(certificates.serverKeyPemFile),
    keystoreFile: moved(certificates.keystoreFile),
  }
}

/** One more listener than the local broker: containers reach it by another name than the host does. */
function containerBrokerSettings(
  ports: { broker: number; controller: number },
  security: StackSecurity,
): Record<string, string | number | boolean> {
  const settings = secureBrokerSettings(ports, security)
  const login = `${SCRAM_MECHANISM.toLowerCase()}.sasl.jaas.config`
  return {
    ...settings,
    listeners: `SASL_SSL://:${ports.broker},INTERNAL://:19092,CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': `SASL_SSL://127.0.0.1:${ports.broker},INTERNAL://${CONTAINER_BROKER}`,
    'listener.security.protocol.map': 'SASL_SSL:SASL_SSL,INTERNAL:SASL_SSL,CONTROLLER:SSL',
    [`listener.name.internal.${login}`]: settings[`listener.name.sasl_ssl.${login}`]!,
    'log.dirs': '/var/lib/kafka/data',
  }
}

/** How Kafka's own tools log in. */
function adminProperties({ certificates, passwords }: StackSecurity): string {
  const login = 'org.apache.kafka.common.security.scram.ScramLoginModule required'
  return [
    'security.protocol=SASL_SSL',
    `sasl.mechanism=${SCRAM_MECHANISM}`,
    `sasl.jaas.config=${login} username="admin" password="${passwords.admin}";`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${certificates.caPemFile}`,
    '',
  ].join('\n')
}

/** In the folder of the broker's files, once it answers. */
const aclScript = (acls: readonly StackAcl[]): string =>
  [
    'set -e',
    `PATH="$PATH:${KAFKA_DIR}/bin" BROKERS=${CONTAINER_BROKER} ADMIN=admin.properties`,
    ...aclCommandLines(acls),
    '',
  ].join('\n')
