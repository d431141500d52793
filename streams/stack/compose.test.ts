import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { brokerProperties } from './broker-properties.ts'
import {
  CONTAINER_BROKER,
  CONTAINER_DIR,
  CONTAINER_REGISTRY_PORT,
  containerFiles,
} from './container-files.ts'
import type { StackSecurity } from './fs-secure.ts'
import { CONTAINERS_DIR_DEFAULT } from './layout.ts'
import { REGISTRY_ACLS, STACK_USERS } from './secure-users.ts'
import { registryLaunch } from './launch.ts'
import { redisSettings } from './redis-settings.ts'
import {
  ADDRESS_VARIABLES,
  KAFKA_VERSION,
  localAddress,
  REGISTRY_VERSION,
  SERVICE_NAMES,
  USUAL_PORTS,
} from './stack-services.ts'

const text = readFileSync(new URL('../../docker-compose.kafka.yml', import.meta.url), 'utf8')
const schema = JSON.parse(
  readFileSync(new URL('./fixtures/compose-spec.json', import.meta.url), 'utf8'),
) as object

interface ComposeService {
  profiles?: string[]
  entrypoint?: string[]
  working_dir?: string
  image: string
  ports: string[]
  environment?: Record<string, string | number>
  command?: string[]
  volumes?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
}
interface ComposeFile {
  services: Record<string, ComposeService>
  volumes: Record<string, null>
}
const compose = parse(text) as ComposeFile

function service(name: string): ComposeService {
  const found = compose.services[name]
  if (found === undefined) throw new Error(`no service ${name}`)
  return found
}

describe('docker-compose.kafka.yml', () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)

  test('fits the compose specification', () => {
    expect(validate(compose), JSON.stringify(validate.errors)).toBe(true)
  })

  test('the specification does refuse a bad file', () => {
    const kafka = { ...service('kafka'), helthcheck: {} }
    expect(validate({ ...compose, services: { ...compose.services, kafka } })).toBe(false)
  })

  test('has the three services of the local stack, each with a health check', () => {
    const plain = Object.keys(compose.services).filter((name) => service(name).profiles === undefined)
    expect(plain.sort()).toEqual([...SERVICE_NAMES].sort())
    for (const name of SERVICE_NAMES) expect(service(name).healthcheck?.test[0]).toBe('CMD')
  })

  test('refers only to services and volumes that it defines', () => {
    for (const { depends_on, volumes } of Object.values(compose.services)) {
      for (const name of Object.keys(depends_on ?? {})) expect(compose.services).toHaveProperty(name)
      for (const volume of volumes ?? [])
        if (!volume.startsWith('./')) expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '')
    }
  })

  test('runs the versions of the local stack', () => {
    expect(service('kafka').image).toBe(`apache/kafka:${KAFKA_VERSION}`)
    expect(service('registry').image).toBe(`apicurio/apicurio-registry:${REGISTRY_VERSION}`)
  })

  test('publishes the usual ports, on the loopback address only', () => {
    for (const name of SERVICE_NAMES)
      expect(service(name).ports).toEqual([
        expect.stringMatching(`^127\\.0\\.0\\.1:${USUAL_PORTS[name]}:\\d+$`),
      ])
    const inner = service('registry').ports[0]?.split(':')[2]
    expect(String(service('registry').environment?.['QUARKUS_HTTP_PORT'])).toBe(inner)
    expect(service('registry').healthcheck?.test.at(-1)).toContain(`:${inner}/apis/ccompat/v7/subjects`)
  })

  test('tells the environment variables that name its services', () => {
    for (const name of SERVICE_NAMES)
      expect(text).toContain(`export ${ADDRESS_VARIABLES[name]}=${localAddress(name, USUAL_PORTS[name])}\n`)
  })

  test('gives the broker the settings of the local one', () => {
    // These differ because a container has its own network and folders.
    const own =
      /^(listeners|advertised\.listeners|listener\.security\.protocol\.map|log\.dirs|controller\.quorum\.voters)$/
    const environment = service('kafka').environment ?? {}
    const { CLUSTER_ID, ...settings } = environment
    const local = brokerProperties({ broker: 9092, controller: 9093 }).trim().split('\n')
    const names = local.map((line) => {
      const [name = '', value] = line.split(/=(.*)/s)
      const variable = `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`
      expect(environment, `the compose file lacks ${name}`).toHaveProperty(variable)
      if (!own.test(name)) expect([name, String(environment[variable])]).toEqual([name, value])
      return variable
    })
    expect(Object.keys(settings).sort()).toEqual(names.sort())
    expect(String(CLUSTER_ID)).toMatch(/^[\w-]{22}$/)
    expect(environment['KAFKA_ADVERTISED_LISTENERS']).toContain(`PLAINTEXT://127.0.0.1:${USUAL_PORTS.kafka}`)
  })

  test('gives the registry the settings of the local one', () => {
    const { environment = {} } = service('registry')
    const { args } = registryLaunch('java', '/a', 'r.jar', {
      port: 8081,
      brokers: 'kafka:19092',
      stackId: 'x',
    })
    const local = args.flatMap((arg) => /^-D(apicurio\.[\w.]+)=(.*)$/.exec(arg)?.slice(1, 3) ?? [])
    for (let i = 0; i < local.length; i += 2)
      expect(String(environment[local[i]!.toUpperCase().replaceAll('.', '_')])).toBe(local[i + 1])
    expect(String(service('kafka').environment?.['KAFKA_ADVERTISED_LISTENERS'])).toContain(
      'INTERNAL://kafka:19092',
    )
  })

  test('gives Redis the settings of the local one', () => {
    const command = service('redis').command ?? []
    for (const name of [
      'save',
      'appendonly',
      'appendfsync',
      'auto-aof-rewrite-min-size',
      'maxmemory-policy',
    ]) {
      const local = new RegExp(`^${name} (.*)$`, 'm').exec(redisSettings(6379))?.[1]
      expect([name, command[command.indexOf(`--${name}`) + 1]]).toEqual([name, local === '""' ? '' : local])
    }
  })
})

describe('its profile secure', () => {
  const passwords = Object.fromEntries(STACK_USERS.map((user) => [user, `pw-of-${user}`]))
  const security: StackSecurity = {
    certificates: {
      caPemFile: '/h/certificates/ca.pem',
      serverCertPemFile: '/h/certificates/server.pem',
      serverKeyPemFile: '/h/certificates/server.key',
      keystoreFile: '/h/certificates/server.p12',
      keystorePassword: 'pw-of-keystore',
    },
    passwords: passwords as StackSecurity['passwords'],
  }
  const files = containerFiles(security, { prefix: 'feed', acls: REGISTRY_ACLS })

  test('has the three services again, on the same ports and of the same versions', () => {
    for (const name of SERVICE_NAMES) {
      const secure = service(`${name}-secure`)
      expect(secure.profiles).toEqual(['secure'])
      expect(secure.image).toBe(service(name).image)
      expect(secure.ports[0]).toMatch(new RegExp(`^127\\.0\\.0\\.1:${USUAL_PORTS[name]}:`))
      expect(secure.volumes?.[0]).toBe(`./${CONTAINERS_DIR_DEFAULT}/secure:${CONTAINER_DIR}`)
      expect(text).toContain(`${name}-secure`)
    }
    expect(service('registry-secure').ports[0]).toContain(`:${CONTAINER_REGISTRY_PORT}`)
    expect(service('registry-secure').environment).toMatchObject({
      APICURIO_KAFKASQL_BOOTSTRAP_SERVERS: CONTAINER_BROKER,
    })
  })

  test('runs what the files say: TLS, SCRAM, rights, nothing plain', () => {
    expect(service('kafka-secure').entrypoint?.join(' ')).toContain('@run.arguments')
    expect(files['kafka/server.properties']).toContain(`INTERNAL://${CONTAINER_BROKER}`)
    expect(files['kafka/server.properties']).not.toMatch(/PLAINTEXT|ANONYMOUS/)
    expect(files['kafka/format.arguments']).toContain('SCRAM-SHA-512=[name=scorer,password=pw-of-scorer]')
    expect(files['kafka/acls.sh']).toContain(
      '--add --allow-principal User:registry --operation Read --operation Write',
    )
    expect(files['redis/redis.conf']).toContain('\nport 0\n')
    expect(files['registry/application.properties']).toContain('quarkus.http.insecure-requests=disabled')
    for (const [name, content] of Object.entries(files))
      expect([name, content.includes('/h/')]).toEqual([name, false])
  })

  test('names only files that are written', () => {
    const words = ['kafka-secure', 'kafka-secure-acls', 'registry-secure', 'redis-secure'].flatMap((name) => {
      const { entrypoint = [], environment = {}, healthcheck } = service(name)
      return [...entrypoint, ...Object.values(environment), ...(healthcheck?.test ?? [])].map(String)
    })
    const named = words.flatMap((word) => word.match(/\/secure\/[\w.-]+\/[\w.-]+/g) ?? [])
    const there = [...Object.keys(files), 'certificates/ca.pem'].map((name) => `${CONTAINER_DIR}/${name}`)
    expect(named.length).toBeGreaterThan(3)
    for (const file of named) expect(there).toContain(file)
  })
})
