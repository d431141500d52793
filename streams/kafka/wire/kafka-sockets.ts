import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import { wholeAnswers } from './kafka-whole-answers.ts'

const KEEP_ALIVE_MS = 60_000

/** What kafkajs says when a request got no answer in time. */
export interface UnansweredRequest {
  /** `host:port` */
  broker: string
  sentAt: number
}

export interface KafkaSockets {
  readonly factory: ISocketFactory
  /** Ends the connections to that broker on which nothing has come since the request was sent. @returns how many */
  endSilent(request: UnansweredRequest): number
  /** Ends what is open: the client has disconnected. */
  endAll(): void
}

/**
 * The connections of a kafkajs client, so that one that has gone silent can be ended. kafkajs 2.2.4 gives an
 * unanswered request up but keeps its connection and sends the next one by it: behind a path that swallows packets
 * (a firewall that forgot the connection, a stalled peer) it hangs for as long as the system retransmits, a quarter
 * of an hour. The Java client closes such a connection; so do we. An error is what kafkajs listens to: it rejects
 * what is under way and connects anew for the next request.
 */
export function createKafkaSockets(nowMs: () => number): KafkaSockets {
  const open = new Map<Socket, { broker: string; heardAtMs: number }>()

  const factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    // The types say that `ssl` is always there; without TLS it is not.
    const socket = (ssl as object | undefined)
      ? connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
      : connectPlain({ host, port }, onConnect)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    const state = { broker: `${host}:${port}`, heardAtMs: nowMs() }
    open.set(socket, state)
    socket.on('data', () => (state.heardAtMs = nowMs()))
    socket.on('close', () => open.delete(socket))
    return heardWhole(socket)
  }

  return {
    factory,
    endSilent({ broker, sentAt }) {
      const silent = [...open].filter(([, state]) => state.broker === broker && state.heardAtMs <= sentAt)
      for (const [socket] of silent)
        socket.destroy(
          new Error(`Closed connection: ${broker} was silent for longer than a request may take`),
        )
      return silent.length
    },
    endAll() {
      for (const socket of open.keys()) socket.destroy()
    },
  }
}

/** The socket as kafkajs hears it. All else goes through, also after it was ended: kafkajs may still wait for an answer. */
function heardWhole(socket: Socket): Socket {
  const on = socket.on.bind(socket) as (event: string, listener: (bytes: Buffer) => void) => Socket
  return Object.assign(socket, {
    on: (event: string, listener: (bytes: Buffer) => void) =>
      on(event, event === 'data' ? wholeAnswers(listener) : listener),
  })
}
