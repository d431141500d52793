import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { topicCatalogue } from './catalogue.ts'
import { createCodec } from './codec.ts'
import { RegistryRefusedError, RegistryUnavailableError } from './errors.ts'
import { requestRegistry } from './registry-client.ts'
import { openRegistry } from './registry-confluent.ts'
import { registryAddress } from './testing/registry-address.ts'
import { sampleRecords } from './testing/sample-records.ts'
import { schemaRegistryConformance } from './testing/schema-registry-conformance.ts'

const run = `h1-${process.pid}-${Date.now().toString(36)}`
let subjects = 0
const nextSubject = () => `${run}-${subjects++}-value`

describe('registry over the Confluent protocol', () => {
  it.each(schemaRegistryConformance)('$name', (testCase) =>
    testCase.run(openRegistry(registryAddress()), nextSubject()),
  )

  it('guards a subject that a crashed registration left without a level', async () => {
    const subject = nextSubject()
    const schema = (type: string) =>
      JSON.stringify({ type: 'record', name: 'A', namespace: 'x', fields: [{ name: 'a', type }] })
    await requestRegistry(registryAddress(), `/subjects/${subject}/versions`, {
      method: 'POST',
      body: { schema: schema('string') },
    })
    await expect(openRegistry(registryAddress()).register(subject, schema('int'))).rejects.toThrow(
      /FULL_TRANSITIVE/,
    )
  })

  it('lets two codecs of one feed read each other', async () => {
    const catalogue = topicCatalogue({ prefix: run, partitions: 1, replicationFactor: 1 })
    const [one, two] = await Promise.all(
      [1, 2].map(() => createCodec(openRegistry(registryAddress()), catalogue)),
    )
    const bytes = one!.encode('predictions', sampleRecords.predictions)
    expect(two!.decode('predictions', bytes)).toEqual(sampleRecords.predictions)
  })

  it('says that the address is wrong, not that the schema is unknown', async () => {
    const registry = openRegistry({ url: new URL('/', registryAddress().url).href })
    await expect(registry.schemaById(1)).rejects.toThrow(RegistryRefusedError)
    await expect(registry.lookup('s', '"string"')).rejects.toThrow(/path of its address/)
  })
})

describe('a registry that fails', () => {
  const servers: ReturnType<typeof createServer>[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
  })

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener)
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  it('is unavailable when nobody listens', async () => {
    const registry = openRegistry({ url: 'http://127.0.0.1:1' }, { attemptsMax: 2, retryPauseMs: 5 })
    await expect(registry.schemaById(1)).rejects.toThrow(RegistryUnavailableError)
    await expect(registry.register('s', '"string"')).rejects.toThrow(RegistryUnavailableError)
    await expect(registry.lookup('s', '"string"')).rejects.toThrow(
      /after 2 attempt\(s\): connect ECONNREFUSED/,
    )
  })

  it('is asked again after 503 and heard when it is back', async () => {
    let asked = 0
    const url = await serve((_, response) => {
      response.writeHead(++asked < 3 ? 503 : 200, { 'content-type': 'application/json' })
      response.end(asked < 3 ? '{"error_code":50003,"message":"not now"}' : '{"schema":"\\"string\\""}')
    })
    await expect(openRegistry({ url }, { retryPauseMs: 5 }).schemaById(7)).resolves.toBe('"string"')
    expect(asked).toBe(3)
  })

  it('is given up when it takes the question and never answers', async () => {
    let asked = 0
    const url = await serve(() => void asked++)
    const registry = openRegistry({ url }, { requestMs: 50, retryPauseMs: 5, attemptsMax: 2 })
    await expect(registry.schemaById(7)).rejects.toThrow(RegistryUnavailableError)
    expect(asked).toBe(2)
  })

  it('is given up when it answers a byte at a time', async () => {
    const url = await serve((_, response) => {
      const drip = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(drip))
    })
    const registry = openRegistry({ url }, { requestMs: 1_000, questionMs: 200 })
    await expect(registry.schemaById(7)).rejects.toThrow(/no answer within/)
  })

  it('is not asked for an unknown id again and again', async () => {
    let asked = 0
    const url = await serve((_, response) => {
      asked++
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end('{"error_code":40403,"message":"Schema not found"}')
    })
    const registry = openRegistry({ url })
    for (let i = 0; i < 5; i++) expect(await registry.schemaById(7)).toBeNull()
    expect(asked).toBe(1)
  })

  it('asks a person when it wants a password, and sends the one in the address', async () => {
    const url = await serve((request, response) => {
      const known = request.headers.authorization === `Basic ${Buffer.from('u:p@ss').toString('base64')}`
      response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' })
      response.end(known ? '{"schema":"\\"int\\""}' : '{"error_code":40101,"message":"Unauthorized"}')
    })
    await expect(openRegistry({ url }).schemaById(7)).rejects.toThrow(
      /asks for a login and none is given: set registry\.username and registry\.password/,
    )
    const withPassword = url.replace('http://', 'http://u:p%40ss@')
    await expect(openRegistry({ url: withPassword }).schemaById(7)).resolves.toBe('"int"')
  })
})
