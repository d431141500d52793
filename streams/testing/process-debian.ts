import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { builtOnce, peersFolder } from '#schemas/testing'

const run = promisify(execFile)

/** The version that apt would fetch; null: there is no apt, or it has none. */
export async function debianVersion(name: string): Promise<string | null> {
  const told = await run('apt-cache', ['policy', name]).catch(() => ({ stdout: '' }))
  return /Candidate: (?:\d+:)?(\d\S*)/.exec(told.stdout)?.[1] ?? null
}

/**
 * Debian packages unpacked and not installed, once, with the libraries that they bring. Answers a folder with a
 * command for each program of theirs.
 *
 * @param name of the folder, for these packages
 */
export async function unpackDebian(name: string, packages: readonly string[]): Promise<string> {
  const folder = path.join(peersFolder, name)
  const bin = path.join(folder, 'bin')
  await builtOnce(folder, packages.join('\n'), () => unpackInto(folder, bin, packages))
  return bin
}

async function unpackInto(folder: string, bin: string, packages: readonly string[]): Promise<void> {
  await mkdir(bin, { recursive: true })
  await run('apt-get', ['download', ...packages], { cwd: folder })
  for (const file of await readdir(folder))
    if (file.endsWith('.deb')) await run('dpkg', ['-x', path.join(folder, file), folder])
  const usr = path.join(folder, 'usr')
  const libraries = await foldersWith(/\.so(\.|$)/, path.join(usr, 'lib'))
  for (const program of await readdir(path.join(usr, 'bin'))) {
    const command = path.join(bin, program)
    const found = path.join(usr, 'bin', program)
    await writeFile(command, `#!/bin/sh\nLD_LIBRARY_PATH='${libraries.join(':')}' exec '${found}' "$@"\n`)
    await chmod(command, 0o755)
  }
}

async function foldersWith(pattern: RegExp, folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((): string[] => [])
  const found = names.filter((name) => pattern.test(path.basename(name)))
  return [...new Set(found.map((name) => path.join(folder, path.dirname(name))))]
}
