import { rm } from 'node:fs/promises'
import { secureDirOf, serviceDir } from './layout.ts'
import { SERVICE_NAMES } from './stack-services.ts'

/** Removes records, states and schemas, and the certificates and passwords of a secure stack. Logs stay: they may be why somebody starts afresh. */
export async function removeKeptState(dir: string): Promise<void> {
  await Promise.all(
    [...SERVICE_NAMES.map((service) => serviceDir(dir, service)), secureDirOf(dir)].map((folder) =>
      rm(folder, { recursive: true, force: true }),
    ),
  )
}
