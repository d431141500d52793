import { createServer } from 'node:net'
import type { PortProbe } from './port-choice.ts'
import { LOCAL_HOST } from './stack-services.ts'

/** Asks the system by binding to the port for a moment, on the loopback address only. */
export const portProbe: PortProbe = {
  async isFree(port) {
    return (await tryBind(port)) !== undefined
  },
  async anyFree() {
    const port = await tryBind(0)
    if (port === undefined) throw new Error('The system has no free port left.')
    return port
  },
}

function tryBind(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined)
      else reject(error)
    })
    server.listen({ port, host: LOCAL_HOST, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined))
    })
  })
}
