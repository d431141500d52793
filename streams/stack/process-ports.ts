import { createServer } from 'node:net'
import type { PortProbe } from './port-choice.ts'
import { LOCAL_HOST } from './stack-services.ts'

/**
 * Below the ports that systems give to outgoing connections (Linux from 32768, IANA from 49152). Otherwise a client that
 * keeps trying to reach a stopped service may be given that service's port for its own end of the connection. It then
 * connects to itself, and the service finds its port taken when it starts again.
 */
const FIRST_PORT = 10_000
const PORTS = 22_000
const TRIES = 100

/** Asks the system by binding to the port for a moment, on the loopback address only. */
export const portProbe: PortProbe = {
  isFree: (port) =>
    new Promise((resolve, reject) => {
      const server = createServer()
      server.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false)
        else reject(error)
      })
      server.listen({ port, host: LOCAL_HOST, exclusive: true }, () => server.close(() => resolve(true)))
    }),
  async anyFree() {
    for (let tries = 0; tries < TRIES; tries++) {
      const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
      if (await this.isFree(port)) return port
    }
    const range = `${String(FIRST_PORT)} to ${String(FIRST_PORT + PORTS - 1)}`
    throw new Error(`None of ${String(TRIES)} ports tried from ${range} is free: end what holds them.`)
  },
}
