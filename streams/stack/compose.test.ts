import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { brokerProperties } from './broker-properties.ts'
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
  image: string
  ports: string[]
  environment?: Record<string, string | number>
  command?: string[]
  volumes?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck: { test: string[] }
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
    expect(Object.keys(compose.services).sort()).toEqual([...SERVICE_NAMES].sort())
    for (const name of SERVICE_NAMES) expect(service(name).healthcheck.test[0]).toBe('CMD')
  })

  test('refers only to services and volumes that it defines', () => {
    for (const { depends_on, volumes } of Object.values(compose.services)) {
      for (const name of Object.keys(depends_on ?? {})) expect(compose.services).toHaveProperty(name)
      for (const volume of volumes ?? []) expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '')
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
    expect(service('registry').healthcheck.test.at(-1)).toContain(`:${inner}/apis/ccompat/v7/subjects`)
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
