import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

let echo: Server
let proxy: TcpProxy
const sockets: Socket[] = []

beforeEach(async () => {
  echo = createServer((socket) => void socket.on('error', () => undefined).pipe(socket))
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  proxy = await startTcpProxy({ host: '127.0.0.1', port: (echo.address() as { port: number }).port })
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await proxy.close()
  await new Promise((resolve) => echo.close(resolve))
})

interface Client {
  socket: Socket
  received(): string
  until(text: string): Promise<void>
}
async function client(): Promise<Client> {
  const socket = connect(Number(proxy.address.split(':')[1]), '127.0.0.1')
  sockets.push(socket)
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return {
    socket,
    received: () => text,
    async until(wanted) {
      while (text !== wanted) await once(socket, 'data')
    },
  }
}

it('carries bytes both ways, in order, also late and over a narrow wire', async () => {
  const { socket, until } = await client()
  socket.write('one')
  await until('one')
  proxy.set({ delayMs: 20, bytesPerSecond: 100_000 })
  const long = 'x'.repeat(2_000)
  socket.write('two')
  socket.write(long)
  await until(`onetwo${long}`)
})

it('takes the time it was told to', async () => {
  const { socket, until } = await client()
  proxy.set({ delayMs: 60 })
  const startMs = performance.now()
  socket.write('late')
  await until('late')
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(115)
})

it('swallows what it was told to and keeps the connection open', async () => {
  const { socket, received, until } = await client()
  proxy.set({ swallow: 'answers' })
  socket.write('gone')
  await sleep(50)
  expect(received()).toBe('')
  expect(socket.destroyed).toBe(false)
  proxy.set({})
  socket.write('there')
  await until('there')
})

it('stalls what is open and serves what is new', async () => {
  const old = await client()
  old.socket.write('a')
  await old.until('a')
  proxy.stallOpen()
  old.socket.write('b')
  const fresh = await client()
  fresh.socket.write('c')
  await fresh.until('c')
  expect(old.received()).toBe('a')
  expect(old.socket.destroyed).toBe(false)
})

it('resets what is open', async () => {
  const { socket } = await client()
  socket.write('a')
  await once(socket, 'data')
  proxy.resetOpen()
  await new Promise((resolve) => socket.once('close', resolve)) // `once` would reject with the reset
})

it('keeps back the answer to a Produce, and to nothing else', async () => {
  // The echo answers with the request: bytes 4 to 7 of it are api key and version, and the answer's correlation id.
  const frame = (apiKey: number, correlationId: number) => {
    const bytes = Buffer.alloc(14)
    bytes.writeInt32BE(10, 0)
    bytes.writeInt16BE(apiKey, 4)
    bytes.writeInt16BE(0, 6)
    bytes.writeInt32BE(correlationId, 8)
    return bytes
  }
  const { socket } = await client()
  proxy.dropAcknowledgements(1)
  socket.write(frame(3, 0))
  await once(socket, 'data')
  expect(proxy.counts.acknowledgementsDropped).toBe(0)
  socket.write(frame(0, 0))
  await once(socket, 'close')
  expect(proxy.counts.acknowledgementsDropped).toBe(1)
})

it('leads new connections elsewhere when told, and ends those that lead nowhere', async () => {
  const other = createServer((socket) => void socket.on('error', () => undefined).end('other'))
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const before = await client()
  proxy.redirect({ host: '127.0.0.1', port })
  await (await client()).until('other')
  before.socket.write('still here')
  await before.until('still here')
  await new Promise((resolve) => other.close(resolve))
  const lost = await client()
  await once(lost.socket, 'close')
})
