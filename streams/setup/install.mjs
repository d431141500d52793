/**
 * Makes a fresh clone runnable: `npm ci` when what is installed is not what package-lock.json says, then `dist/`
 * when the sources are newer than it. Plain JavaScript without dependencies: it runs before there are any.
 * An installed package (no sources, no tsconfig.build.json) needs neither and is left alone.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { takeLock } from './lock.mjs'

const PARTS = ['schemas', 'streams', 'feature-store', 'scorer', 'trainer']
const LEFT_OUT = new Set(['node_modules', 'dist', '.feedloop', 'fixtures', 'golden', 'setup'])
const NODE_MIN = [20, 11]
/** Node 20 was given up by its makers in April 2026. */
const NODE_MAINTAINED_MIN = 22
/** What bundle.mjs writes into dist/: it has no source of its own name. */
const BUNDLE = 'feedloop.js'
const LOCK_WAIT_MS = 15 * 60_000

export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Something the user can mend; its message is the whole advice. */
export class SetupError extends Error {
  name = 'SetupError'
  code = 'setup_failed'
  policy = 'operator'
}

/** @param {string} version such as 20.11.1 */
export function checkNode(version) {
  const [major, minor] = version.split('.').map(Number)
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return
  throw new SetupError(
    `Node ${NODE_MIN.join('.')} or newer is needed, this is ${version}. Install a newer one and run again.`,
  )
}

/**
 * What is to be said about a version that works and gets no security fixes any more; null when there is nothing.
 *
 * @param {string} version such as 20.11.1
 */
export function nodeWarning(version) {
  if (Number(version.split('.')[0]) >= NODE_MAINTAINED_MIN) return null
  return (
    `feedloop: Node ${version} works but gets no security fixes any more: install Node ${NODE_MAINTAINED_MIN} or 24. ` +
    'NODE_NO_WARNINGS=1 hides this line.'
  )
}

/** True when every package that the lock file names is installed in that version. */
export function installedAsLocked(root) {
  const locked = readJson(path.join(root, 'package-lock.json'))
  const installed = readJson(path.join(root, 'node_modules', '.package-lock.json'))
  if (locked === null) return fs.existsSync(path.join(root, 'node_modules'))
  if (installed === null) return false
  return Object.entries(locked.packages).every(([place, entry]) => {
    if (place === '' || entry.link || entry.optional || entry.devOptional || entry.peer) return true
    return installed.packages[place]?.version === entry.version
  })
}

/** Everything that ends up in dist/: relative paths, sorted, with size and time of change. */
export function sourceFiles(root) {
  const files = []
  const visit = (folder) => {
    for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`
      if (entry.isDirectory()) {
        if (!LEFT_OUT.has(entry.name)) visit(name)
      } else if (entry.isFile() && !/\.test\.ts$|\.md$/.test(entry.name)) files.push(name)
    }
  }
  for (const part of PARTS) if (fs.existsSync(path.join(root, part))) visit(part)
  for (const name of ['cli.ts', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'])
    if (fs.existsSync(path.join(root, name))) files.push(name)
  return files.sort()
}

function stampOf(root, files) {
  const hash = createHash('sha256').update(process.version.split('.')[0])
  hash.update(readText(bundler(root)) ?? '')
  for (const name of files) {
    const { size, mtimeMs } = fs.statSync(path.join(root, name))
    hash.update(`${name}\0${size}\0${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

/**
 * @param {{ root?: string, say?: (line: string) => void, strict?: boolean }} [options] strict: a type error fails
 *   (always so with CI set); otherwise it is told and what was built is used, as tsc does.
 */
export function install({ root = projectRoot, say = tell, strict = Boolean(process.env.CI) } = {}) {
  checkNode(process.versions.node)
  if (!fs.existsSync(path.join(root, 'tsconfig.build.json'))) return
  if (installedAsLocked(root) && built(root)) return
  const release = takeLock(path.join(root, '.feedloop', 'setup.lock'), {
    waitMs: LOCK_WAIT_MS,
    onWait: (pid) => say(`feedloop: waiting for the set-up that process ${pid} is doing`),
  })
  try {
    if (!installedAsLocked(root)) installPackages(root, say)
    if (!built(root)) build(root, say, strict)
  } finally {
    release()
  }
}

const bundler = (root) => path.join(root, 'streams', 'setup', 'bundle.mjs')

const stampPath = (root) => path.join(root, 'dist', '.feedloop-build')

function built(root) {
  const stamp = readText(stampPath(root))
  return stamp !== null && stamp === stampOf(root, sourceFiles(root))
}

function installPackages(root, say) {
  say('feedloop: installing packages (npm ci)')
  const npm = process.env.npm_execpath?.endsWith('.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm']
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  // npm passes its own settings on as npm_config_*: a `--production` of the caller must not hide the compiler.
  const { NODE_ENV: _, npm_config_omit: __, ...env } = process.env
  const run = spawnSync(npm[0], [...npm.slice(1), ...args], { cwd: root, env, encoding: 'utf8' })
  if (run.error?.code === 'ENOENT')
    throw new SetupError('npm is not on the PATH; install Node.js with npm and run again.')
  if (run.error || run.status !== 0 || !installedAsLocked(root))
    throw new SetupError(
      `npm ci failed (${outcomeOf(run)}). Its last lines:\n${tail(run, 12)}\n` +
        'Check the network or the npm registry setting, then run again; `npm ci` by hand shows everything.',
    )
}

function build(root, say, strict) {
  say('feedloop: building dist/ (tsc, esbuild)')
  const files = sourceFiles(root)
  const stamp = stampOf(root, files)
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--pretty', 'false'], {
    cwd: root,
    encoding: 'utf8',
  })
  const typeErrors = run.stdout?.split('\n').filter((line) => /: error TS\d+/.test(line)) ?? []
  if (run.error || (run.status !== 0 && typeErrors.length === 0))
    throw new SetupError(`The build failed (${outcomeOf(run)}):\n${tail(run, 12)}`)
  if (typeErrors.length > 0) {
    const shown = typeErrors.slice(0, strict ? 20 : 5).join('\n')
    if (strict) throw new SetupError(`The sources have ${typeErrors.length} type errors:\n${shown}`)
    say(
      `feedloop: going on in spite of ${typeErrors.length} type errors (npm run check shows all):\n${shown}`,
    )
  }
  copyAssets(root, files)
  dropOrphans(root, path.join(root, 'dist'))
  const bundled = spawnSync(process.execPath, [bundler(root)], { cwd: root, encoding: 'utf8' })
  if (bundled.error || bundled.status !== 0)
    throw new SetupError(`Bundling dist/ failed (${outcomeOf(bundled)}):\n${tail(bundled, 12)}`)
  if (typeErrors.length === 0) fs.writeFileSync(stampPath(root), stamp)
}

/** What code reads beside itself at run time: schemas, Lua, worker entries, pages. */
function copyAssets(root, files) {
  for (const name of files) {
    if (name.endsWith('.ts') || !name.includes('/')) continue
    const target = path.join(root, 'dist', name)
    fs.mkdirSync(path.dirname(target), { recursive: true })
    fs.copyFileSync(path.join(root, name), target)
  }
}

/** A source that was moved must not live on in dist/. */
function dropOrphans(root, folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) dropOrphans(root, file)
    else if (!entry.name.startsWith('.') && entry.name !== BUNDLE) {
      const source = path.join(root, path.relative(path.join(root, 'dist'), file))
      if (!fs.existsSync(source) && !fs.existsSync(source.replace(/(\.d)?\.(js|ts)$/, '.ts'))) fs.rmSync(file)
    }
  }
}

const outcomeOf = (run) =>
  run.error?.message ?? (run.signal ? `ended by ${run.signal}` : `exit ${run.status}`)

function tail(run, linesMax) {
  const text = `${run.stdout ?? ''}\n${run.stderr ?? ''}`.trim()
  return text.split('\n').slice(-linesMax).join('\n')
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function readJson(file) {
  const text = readText(file)
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}

function tell(line) {
  process.stderr.write(`${line}\n`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  try {
    install()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    tell(`feedloop: ${error.message}`)
    process.exitCode = 1
  }
}
