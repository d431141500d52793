/** Entry of the guard process (process-stack-guard.ts). Argument: the stack's folder. */
import { rm } from 'node:fs/promises'
import { stackDown } from '../stack/stack-down.ts'

const dir = process.argv[2]
// Ctrl-C reaches the test run; the guard goes when the run has gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.stdin.resume()
process.stdin.once('close', () => void cleanUp())

async function cleanUp(): Promise<void> {
  if (dir === undefined) return
  await stackDown({ dir })
  await rm(dir, { recursive: true, force: true })
}
