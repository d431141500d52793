import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Environment } from './addresses.ts'
import { containerFiles } from './container-files.ts'
import { ensureSecurity, OWNER_ONLY } from './fs-secure.ts'
import { CONTAINERS_DIR_DEFAULT, secureDirOf } from './layout.ts'
import { REGISTRY_ACLS, type StackAcl } from './secure-users.ts'

/** Writes what the containers of the profile `secure` read, below `.feedloop/containers/secure`; answers the folder. */
export async function writeContainerFiles(
  env: Environment,
  feed: { prefix: string; acls: readonly StackAcl[] },
  dir: string = path.resolve(CONTAINERS_DIR_DEFAULT),
): Promise<string> {
  const security = await ensureSecurity(dir, env)
  const acls = [...feed.acls, ...REGISTRY_ACLS]
  const folder = secureDirOf(dir)
  for (const [name, text] of Object.entries(containerFiles(security, { ...feed, acls }))) {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text, { mode: OWNER_ONLY })
  }
  return folder
}
