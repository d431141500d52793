import { connect } from 'node:tls'

const ASK_MS = 2_000

/**
 * Whether a port speaks TLS: a server that wants it hangs up on a plain request without a word. Nothing is sent on this
 * connection, so it matters not who is at its other end.
 *
 * @example await speaksTls('127.0.0.1', 9093)
 */
export function speaksTls(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, rejectUnauthorized: false })
    const end = (isTls: boolean) => {
      socket.destroy()
      resolve(isTls)
    }
    socket.setTimeout(ASK_MS, () => end(false))
    socket.once('secureConnect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
  })
}
