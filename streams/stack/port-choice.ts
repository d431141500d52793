import { PortTakenError } from './errors.ts'
import type { ServiceName } from './stack-services.ts'

export interface PortWishes {
  service: ServiceName
  /** Asked for by the user: this one or an error. */
  asked?: number | undefined
  /** Tried in this order before any free port. */
  preferred: number[]
  /** Already promised to another service of this stack, or found taken. */
  excluded: ReadonlySet<number>
}

export interface PortProbe {
  isFree(port: number): Promise<boolean>
  anyFree(): Promise<number>
}

const FREE_PORT_TRIES_MAX = 20

/** The port asked for, else the first preferred one that is free, else any. Throws PortTakenError. */
export async function choosePort(wishes: PortWishes, probe: PortProbe): Promise<number> {
  if (wishes.asked !== undefined) {
    if (!(await probe.isFree(wishes.asked))) throw new PortTakenError(wishes.service, wishes.asked)
    return wishes.asked
  }
  for (const port of wishes.preferred)
    if (!wishes.excluded.has(port) && (await probe.isFree(port))) return port
  for (let tries = 0; tries < FREE_PORT_TRIES_MAX; tries++) {
    const port = await probe.anyFree()
    if (!wishes.excluded.has(port)) return port
  }
  throw new PortTakenError(wishes.service, wishes.preferred[0] ?? 0)
}
