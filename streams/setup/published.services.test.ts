import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

// The package as `npm publish` would send it, unpacked beside its own dependencies and nothing else.
const run = promisify(execFile)
const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
let folder: string
let home: string
/** Every file of the package, by its path inside it. */
let files: string[]

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'feedloop-published-'))
  home = path.join(folder, 'node_modules', 'feedloop')
  await run(process.execPath, [path.join(checkout, 'streams', 'setup', 'install.mjs')])
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: checkout })
  await mkdir(path.join(folder, 'node_modules', '.bin'), { recursive: true })
  await mkdir(home)
  const [tarball] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  await run('tar', ['-xzf', path.join(folder, tarball!), '-C', home, '--strip-components=1'])
  const entries = await readdir(home, { recursive: true, withFileTypes: true })
  files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(home, path.join(entry.parentPath, entry.name)))
  const { bin, dependencies } = JSON.parse(await readFile(path.join(home, 'package.json'), 'utf8')) as {
    bin: { feedloop: string }
    dependencies: Record<string, string>
  }
  await symlink(path.join(home, bin.feedloop), path.join(folder, 'node_modules', '.bin', 'feedloop'))
  for (const name of Object.keys(dependencies)) {
    const link = path.join(folder, 'node_modules', name)
    await mkdir(path.dirname(link), { recursive: true })
    await symlink(path.join(checkout, 'node_modules', name), link)
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('it holds no harness, and no source beside what was built from it', () => {
  const harness =
    /(^|\/)(testing|bench|fixtures|golden|reference|peers)\/|trainer\/loop\/faults\/|\.test\.|conformance/
  expect(files.filter((file) => harness.test(file))).toEqual([])
  expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file))).toEqual([
    'feature-store/feedloop.config.template.ts',
  ])
  expect(files.filter((file) => file.startsWith('dist/') && !/\.(js|d\.ts)$/.test(file))).toEqual([])
})

test('nothing in it imports what is not in it', async () => {
  const { imports } = JSON.parse(await readFile(path.join(home, 'package.json'), 'utf8')) as {
    imports: Record<string, { default: string }>
  }
  const missing: string[] = []
  // The bundle is whole in itself; words in the comments of packages look like imports.
  for (const file of files.filter((name) => /^dist\/(?!feedloop\.js).*\.(js|d\.ts)$/.test(name))) {
    const code = await readFile(path.join(home, file), 'utf8')
    for (const [, specifier] of code.matchAll(/(?:\bfrom |\bimport\(|^import )['"]([.#][^'"]+)['"]/gm)) {
      const target = specifier!.startsWith('#')
        ? (imports[specifier!]?.default ?? specifier!)
        : path.join(path.dirname(file), specifier!.replace(/\.ts$/, '.js'))
      if (!files.includes(path.normalize(target))) missing.push(`${file}: ${specifier}`)
    }
  }
  expect(missing).toEqual([])
})

test('what its command is bundled into imports Node and packages it depends on, nothing else', async () => {
  const code = await readFile(path.join(home, 'dist', 'feedloop.js'), 'utf8')
  const named = [...code.matchAll(/^import [^;(]*? from "([^"]+)";$/gm)].map(([, name]) => name!)
  const { dependencies } = JSON.parse(await readFile(path.join(home, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  expect(named).toContain('kafkajs')
  expect(named.filter((name) => !isBuiltin(name) && !(name in dependencies))).toEqual([])
})

test('its command runs: npx feedloop --version, init, check', async () => {
  const npx = async (...args: string[]) =>
    (await run('npx', ['--no-install', 'feedloop', ...args], { cwd: folder })).stdout
  const { version } = JSON.parse(await readFile(path.join(checkout, 'package.json'), 'utf8')) as {
    version: string
  }
  expect(await npx('--version')).toBe(`${version}\n`)
  await npx('init')
  expect(await npx('check')).toContain('The feed is valid')
})

test('the systemd unit in it starts it, with the options of its command and without npm', async () => {
  const read = (file: string) => readFile(path.join(home, 'streams', 'setup', file), 'utf8')
  const [unit, command] = [await read('feedloop.service'), await read('feedloop.mjs')]
  const [node, ...argv] = /^ExecStart=(.*)$/m.exec(unit)![1]!.split(' ')
  expect(node).toBe('/usr/bin/node')
  expect(argv[0]).toBe(/node (--\S+)/.exec(command)![1])
  const nobody = {
    FEEDLOOP_KAFKA_BROKERS: '127.0.0.1:1',
    FEEDLOOP_REGISTRY_URL: 'http://127.0.0.1:1',
    FEEDLOOP_REDIS_URL: 'redis://127.0.0.1:1',
  }
  const failed = run(process.execPath, argv, { cwd: folder, env: { ...process.env, ...nobody } })
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No Kafka broker answers at 127.0.0.1:1'),
  })
  const variables = [...unit.matchAll(/^Environment=(FEEDLOOP_\w+)=/gm)].map(([, name]) => name!)
  const operations = await readFile(path.join(home, 'streams', 'OPERATIONS.md'), 'utf8')
  for (const name of variables) {
    const isTold = operations.includes(name) || operations.includes(name.replace(/^.*(?=_PASSWORD_FILE)/, ''))
    expect([name, isTold]).toEqual([name, true])
  }
})
