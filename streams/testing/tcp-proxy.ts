import { connect, createServer, type Socket } from 'node:net'
import {
  ANSWER_HEAD_BYTES,
  answeredCorrelationId,
  createHeads,
  produceCorrelationId,
  REQUEST_HEAD_BYTES,
} from './kafka-frames.ts'

/** What happens to bytes on their way, on open connections and on those to come. */
export interface ProxyFault {
  /** Every byte comes this much later, each way. */
  delayMs: number
  /** Each connection, each way; null: as fast as it goes. */
  bytesPerSecond: number | null
  /** Thrown away while the connection stays open. */
  swallow: 'nothing' | 'requests' | 'answers' | 'everything'
}

export const NO_FAULT: ProxyFault = { delayMs: 0, bytesPerSecond: null, swallow: 'nothing' }

export interface TcpProxy {
  readonly address: string
  /** Replaces the fault; what it does not name is healthy. */
  set(fault: Partial<ProxyFault>): void
  /** Open connections go silent for good in both directions and are not read any more; new ones work. */
  stallOpen(): void
  /** Open connections end at once. */
  resetOpen(): void
  /** New connections go there: a fail-over behind one address. A port where nobody listens: they end at once. */
  redirect(upstream: { host: string; port: number }): void
  /** The next answers to Kafka's Produce are kept back and their connections closed: written, but nobody knows. */
  dropAcknowledgements(count: number): void
  readonly counts: Readonly<{ connections: number; acknowledgementsDropped: number; bytes: number }>
  close(): Promise<void>
}

interface Link {
  client: Socket
  server: Socket
  stalled: boolean
}

/** A TCP way to `upstream` that can go wrong. Bytes are never changed or reordered, only late or lost. */
export async function startTcpProxy(firstUpstream: { host: string; port: number }): Promise<TcpProxy> {
  let upstream = firstUpstream
  const links = new Set<Link>()
  const counts = { connections: 0, acknowledgementsDropped: 0, bytes: 0 }
  let fault = NO_FAULT
  let acknowledgementsToDrop = 0

  const listener = createServer((client) => {
    const server = connect(upstream)
    const link: Link = { client, server, stalled: false }
    links.add(link)
    counts.connections += 1
    const end = () => {
      links.delete(link)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on('error', end)
      socket.on('close', end)
    }
    const watch = watchAcknowledgements()
    carry(link, client, server, 'requests', watch.request)
    carry(link, server, client, 'answers', (chunk) => {
      if (watch.mayPass(chunk)) return true
      end()
      return false
    })
  })

  /** Carries what comes in at `from`, in order; reads no faster than it may write. */
  function carry(
    link: Link,
    from: Socket,
    to: Socket,
    direction: 'requests' | 'answers',
    mayPass: (chunk: Buffer) => boolean,
  ): void {
    let freeAtMs = 0
    from.on('data', (chunk: Buffer) => {
      if (link.stalled) return
      if (fault.swallow === direction || fault.swallow === 'everything') return
      if (!mayPass(chunk)) return
      counts.bytes += chunk.length
      const nowMs = performance.now()
      const wireMs = fault.bytesPerSecond === null ? 0 : (chunk.length / fault.bytesPerSecond) * 1_000
      freeAtMs = Math.max(freeAtMs, nowMs) + wireMs
      const waitMs = freeAtMs - nowMs + fault.delayMs
      if (waitMs <= 0) return write(to, from, chunk)
      // The wire holds one chunk at a time when it is slow; a delay alone holds nothing back.
      if (wireMs > 0) from.pause()
      setTimeout(() => {
        if (link.stalled || to.destroyed) return
        write(to, from, chunk)
        from.resume()
      }, waitMs)
    })
  }

  function write(to: Socket, from: Socket, chunk: Buffer): void {
    if (to.write(chunk)) return
    from.pause()
    to.once('drain', () => from.resume())
  }

  /** Per connection: which answers are those of a Produce. */
  function watchAcknowledgements() {
    const [requests, answers] = [createHeads(REQUEST_HEAD_BYTES), createHeads(ANSWER_HEAD_BYTES)]
    const produced = new Set<number>()
    return {
      request(chunk: Buffer): boolean {
        for (const head of requests.push(chunk)) {
          const correlationId = produceCorrelationId(head)
          if (correlationId !== null) produced.add(correlationId)
        }
        return true
      },
      mayPass(chunk: Buffer): boolean {
        for (const head of answers.push(chunk)) {
          if (!produced.delete(answeredCorrelationId(head)) || acknowledgementsToDrop === 0) continue
          acknowledgementsToDrop -= 1
          counts.acknowledgementsDropped += 1
          return false
        }
        return true
      },
    }
  }

  const each = (act: (link: Link) => void): void => [...links].forEach(act)
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, '127.0.0.1', resolve)
  })
  const { port } = listener.address() as { port: number }
  return {
    address: `127.0.0.1:${port}`,
    counts,
    set(changed) {
      fault = { ...NO_FAULT, ...changed }
    },
    stallOpen: () =>
      each((link) => {
        link.stalled = true
        link.client.pause()
        link.server.pause()
      }),
    resetOpen: () =>
      each(({ client, server }) => {
        client.resetAndDestroy()
        server.resetAndDestroy()
      }),
    redirect(another) {
      upstream = another
    },
    dropAcknowledgements(count) {
      acknowledgementsToDrop = count
    },
    close() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()))
      each(({ client }) => client.destroy())
      return closed
    },
  }
}
