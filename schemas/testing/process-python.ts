import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { builtOnce } from './process-built-once.ts'

const run = promisify(execFile)

/** What other people's tools of tests are kept in. */
export const peersFolder = fileURLToPath(new URL('../../.feedloop/peers/', import.meta.url))

/** Whether there is a Python 3. @throws Error when REQUIRE_SERVICES=1 and there is none */
export async function hasPython(): Promise<boolean> {
  const isThere = await run('python3', ['--version']).then(
    () => true,
    () => false,
  )
  if (!isThere && process.env['REQUIRE_SERVICES'] === '1')
    throw new Error('REQUIRE_SERVICES=1 and there is no python3')
  return isThere
}

/**
 * A Python that has these packages (`name==version`), in an environment of its own, made once for this list. Answers
 * its command.
 *
 * @param alone packages of which what they depend on is left out
 */
export async function pythonWith(
  packages: readonly string[],
  alone: readonly string[] = [],
): Promise<string> {
  const list = createHash('sha256')
    .update([...packages, ...alone].join('\n'))
    .digest('hex')
    .slice(0, 12)
  const folder = path.join(peersFolder, `python-${list}`)
  const python = path.join(folder, 'bin', 'python')
  await builtOnce(folder, [...packages, ...alone].join('\n'), async () => {
    await run('python3', ['-m', 'venv', folder])
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    if (packages.length > 0) await run(python, [...install, ...packages])
    if (alone.length > 0) await run(python, [...install, '--no-deps', ...alone])
  })
  return python
}
