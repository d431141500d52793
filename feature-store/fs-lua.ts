import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type LuaName = 'acquire' | 'apply' | 'erase' | 'expire' | 'replace'

/** Text of `feature-store/lua/<name>.lua`: beside the sources, and the compiled files in dist/ find it there too. */
export function readLua(name: LuaName): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return readFileSync(join(folder, 'feature-store', 'lua', `${name}.lua`), 'utf8')
}
