import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createKafkaSockets } from './kafka-sockets.ts'

const noTls = undefined as unknown as ConnectionOptions // as kafkajs calls it without TLS
let server: Server
let port: number
let nowMs = 0

beforeEach(async () => {
  server = createServer((socket) => void socket.on('error', () => undefined).pipe(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as { port: number }).port
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

async function connected(sockets: ReturnType<typeof createKafkaSockets>): Promise<Socket> {
  const socket = await new Promise<Socket>((resolve) => {
    const made: Socket = sockets.factory({
      host: '127.0.0.1',
      port,
      ssl: noTls,
      onConnect: () => resolve(made),
    })
  })
  return socket
}

it('ends the connections of a broker that have been silent since a request was sent, and says so', async () => {
  const sockets = createKafkaSockets(() => nowMs)
  nowMs = 100
  const [silent, heard] = [await connected(sockets), await connected(sockets)]
  nowMs = 300
  const answer = Buffer.from([0, 0, 0, 1, 120])
  heard.write(answer)
  expect(await once(heard, 'data')).toEqual([answer])
  expect(sockets.endSilent({ broker: 'another:1', sentAt: 200 })).toBe(0)
  const failure = new Promise<Error>((resolve) => silent.once('error', resolve))
  expect(sockets.endSilent({ broker: `127.0.0.1:${port}`, sentAt: 200 })).toBe(1)
  expect((await failure).message).toContain('was silent')
  expect(heard.destroyed).toBe(false)
  heard.destroy()
})

it('ends what is left when the client has disconnected', async () => {
  const sockets = createKafkaSockets(() => nowMs)
  const forgotten = await connected(sockets)
  sockets.endAll()
  expect(forgotten.destroyed).toBe(true)
})
