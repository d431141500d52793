import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { YOUNG_GENERATION_FLAG } from '../process-garbage-collection.ts'

// A small project in a temporary folder with the real set-up scripts, the real tsc and a stand-in for npm.
const setupDir = path.dirname(fileURLToPath(import.meta.url))
const realModules = path.resolve(setupDir, '..', '..', 'node_modules')
let root: string
interface Package {
  scripts: { demo: string }
}

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'feedloop-setup-'))
  await mkdir(path.join(root, 'streams', 'setup'), { recursive: true })
  for (const name of ['install.mjs', 'lock.mjs', 'bundle.mjs', 'feedloop.mjs'])
    await cp(path.join(setupDir, name), path.join(root, 'streams', 'setup', name))
  await write('package.json', {
    name: 'p',
    version: '1.0.0',
    type: 'module',
    bin: { feedloop: 'streams/setup/feedloop.mjs' },
  })
  await write('package-lock.json', {
    lockfileVersion: 3,
    packages: { '': {}, 'node_modules/a': { version: '1.0.0' } },
  })
  await write('tsconfig.json', {})
  const options = {
    target: 'ES2023',
    module: 'NodeNext',
    rewriteRelativeImportExtensions: true,
    types: [],
    outDir: 'dist',
  }
  await write('tsconfig.build.json', {
    compilerOptions: { ...options, rootDir: '.' },
    include: ['cli.ts', 'streams/**/*.ts'],
    exclude: ['**/*.test.ts'],
  })
  await write('streams/answer.ts', 'export const answer: number = 3\n')
  await write(
    'cli.ts',
    `import { answer } from './streams/answer.ts'
export async function main(argv: string[]): Promise<number> { console.log('args', ...argv); return answer }\n`,
  )
  await write(
    'npm.js',
    `import * as fs from 'node:fs'
import * as path from 'node:path'
fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n')
if (fs.existsSync('npm-fails')) { console.error('npm error ENOTFOUND'); process.exit(1) }
fs.mkdirSync('node_modules', { recursive: true })
for (const name of ['typescript', 'esbuild']) {
  if (!fs.existsSync('node_modules/' + name)) fs.symlinkSync(path.join(${JSON.stringify(realModules)}, name), 'node_modules/' + name)
}
fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json')\n`,
  )
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function write(name: string, content: string | object): Promise<void> {
  await writeFile(path.join(root, name), typeof content === 'string' ? content : JSON.stringify(content))
}
const lines = async (name: string): Promise<string[]> =>
  (await readFile(path.join(root, name), 'utf8').catch(() => '')).split('\n').filter(Boolean)

function run(
  script: string,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const own = {
    PATH: process.env['PATH'] ?? '',
    npm_execpath: path.join(root, 'npm.js'),
    NODE_NO_WARNINGS: '1',
    ...env,
  }
  const child = spawn(process.execPath, [path.join('streams', 'setup', script), ...args], {
    cwd: root,
    env: own,
  })
  const result = { code: null as number | null, out: '', err: '' }
  child.stdout.on('data', (chunk) => (result.out += String(chunk)))
  child.stderr.on('data', (chunk) => (result.err += String(chunk)))
  return new Promise((resolve) => child.once('close', (code) => resolve({ ...result, code })))
}

test('a fresh clone: installs, builds, runs; the exit code is the command’s', async () => {
  const first = await run('feedloop.mjs', ['demo', '--minutes', '1'])
  expect(first).toMatchObject({ code: 3, out: 'args demo --minutes 1\n' })
  expect(first.err).toBe('feedloop: installing packages (npm ci)\nfeedloop: building dist/ (tsc, esbuild)\n')
  const second = await run('feedloop.mjs', ['x'])
  expect(second).toEqual({ code: 3, out: 'args x\n', err: '' })
  expect(await lines('npm-calls')).toEqual(['ci --include=dev --no-audit --no-fund --loglevel=error'])
  expect(await readdir(path.join(root, '.feedloop'))).toEqual([])
})

test('a Node that is no longer maintained: one line on standard error, once a command', async () => {
  await run('install.mjs')
  const told = await run('feedloop.mjs', ['x'], { NODE_NO_WARNINGS: '0' })
  expect(told).toMatchObject({ code: 3, out: 'args x\n' })
  const [major] = process.versions.node.split('.').map(Number)
  expect(told.err).toMatch(
    major! < 22 ? /^feedloop: Node [\d.]+ works but gets no security fixes.*\n$/ : /^$/,
  )
  const child = await run('feedloop.mjs', ['x'], { NODE_NO_WARNINGS: '0', FEEDLOOP_SETUP: 'done' })
  expect(child.err).toBe('')
})

test('a changed lock file means npm ci, a changed source means a build', async () => {
  await run('install.mjs')
  await write('package-lock.json', {
    lockfileVersion: 3,
    packages: { '': {}, 'node_modules/a': { version: '1.0.1' } },
  })
  expect((await run('install.mjs')).err).toContain('installing packages')
  expect(await lines('npm-calls')).toHaveLength(2)
  await write('streams/answer.ts', 'export const answer: number = 44\n')
  expect((await run('feedloop.mjs')).code).toBe(44)
  expect(await lines('npm-calls')).toHaveLength(2)
})

test('what code reads beside itself comes along, what was removed goes', async () => {
  await write('streams/fence.lua', 'return 1')
  await write('streams/answer.test.ts', 'throw 1')
  await run('install.mjs')
  expect(await readdir(path.join(root, 'dist', 'streams'))).toEqual(['answer.js', 'fence.lua'])
  await rm(path.join(root, 'streams', 'fence.lua'))
  await write('cli.ts', 'export async function main() { return 0 }\n')
  await rm(path.join(root, 'streams', 'answer.ts'))
  await run('install.mjs')
  expect(await readdir(path.join(root, 'dist'), { recursive: true })).not.toContain('streams/answer.js')
  expect(await readdir(path.join(root, 'dist'), { recursive: true })).not.toContain('streams/fence.lua')
})

test('a type error is told and does not stop a developer, but it stops CI', async () => {
  await write('streams/answer.ts', `export const answer: number = 'three'\n`)
  const tolerant = await run('feedloop.mjs')
  expect(tolerant.err).toContain('streams/answer.ts(1,14): error TS2322')
  expect(tolerant.out).toBe('args\n')
  const strict = await run('install.mjs', [], { CI: 'true' })
  expect(strict.code).toBe(1)
  expect(strict.err).toContain('The sources have 1 type errors')
})

test('a failed npm ci: its last lines, advice, exit code 1', async () => {
  await write('npm-fails', '')
  const failed = await run('feedloop.mjs', ['demo'])
  expect(failed.code).toBe(1)
  expect(failed.err).toContain('npm error ENOTFOUND')
  expect(failed.err).toContain('Check the network')
  expect(failed.out).toBe('')
})

test('two at once: one does the work, the other waits for it', async () => {
  const both = await Promise.all([run('feedloop.mjs'), run('feedloop.mjs')])
  expect(both.map(({ code }) => code)).toEqual([3, 3])
  expect(await lines('npm-calls')).toHaveLength(1)
  expect(both.map(({ err }) => err).join('')).toMatch(/waiting for the set-up that process \d+ is doing/)
})

test('a lock whose owner is dead is taken over', async () => {
  await mkdir(path.join(root, '.feedloop'))
  await write('.feedloop/setup.lock', '999999999 1')
  expect((await run('install.mjs')).code).toBe(0)
  // A living process with the number of the dead owner.
  await utimes(path.join(root, 'cli.ts'), 1, 1)
  await write('.feedloop/setup.lock', `${process.pid} 1`)
  expect((await run('install.mjs')).code).toBe(0)
})

test('an installed package has neither sources nor compiler and needs neither', async () => {
  await run('install.mjs')
  await rm(path.join(root, 'tsconfig.build.json'))
  await rm(path.join(root, 'node_modules'), { recursive: true })
  expect(await run('feedloop.mjs', ['a'])).toEqual({ code: 3, out: 'args a\n', err: '' })
})

test('is the bin of the package: npx finds it in the checkout', async () => {
  await run('install.mjs')
  const bin = path.join(root, 'node_modules', '.bin')
  await mkdir(bin)
  await symlink(path.join(root, 'streams', 'setup', 'feedloop.mjs'), path.join(bin, 'feedloop'))
  const [firstLine] = (await readFile(path.join(setupDir, 'feedloop.mjs'), 'utf8')).split('\n')
  expect(firstLine).toBe(`#!/usr/bin/env -S node ${YOUNG_GENERATION_FLAG}`)
  const { scripts } = JSON.parse(await readFile(path.join(setupDir, '../../package.json'), 'utf8')) as Package
  expect(scripts.demo).toBe(`node ${YOUNG_GENERATION_FLAG} streams/setup/feedloop.mjs demo`)
  expect((await stat(path.join(setupDir, 'feedloop.mjs'))).mode & 0o111).not.toBe(0)
  const child = spawn(path.join(bin, 'feedloop'), ['--help'], { cwd: root })
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(3)
})
