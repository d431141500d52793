import { rm } from 'node:fs/promises'
import { serviceDir } from './layout.ts'
import { SERVICE_NAMES } from './stack-services.ts'

/** Removes records, states and schemas. Logs stay: they may be why somebody starts afresh. */
export async function removeKeptState(dir: string): Promise<void> {
  await Promise.all(
    SERVICE_NAMES.map((service) => rm(serviceDir(dir, service), { recursive: true, force: true })),
  )
}
