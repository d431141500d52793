import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { readSecret } from './fs-secret.ts'
import { withoutSecrets } from './secrecy.ts'
import { placeOf, secretSchema } from './secret.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-secret-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

function secretFile(name: string, text: string, mode = 0o600): string {
  const file = path.join(folder, name)
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

describe('readSecret', () => {
  it('takes a text, a variable or a file', () => {
    vi.stubEnv('FEEDLOOP_TEST_SECRET', 'of the environment')
    expect(readSecret('as it is', 'the password')).toBe('as it is')
    expect(readSecret({ env: 'FEEDLOOP_TEST_SECRET' }, 'the password')).toBe('of the environment')
    expect(readSecret({ file: secretFile('good', 'of a file\n') }, 'the password')).toBe('of a file')
  })

  it('takes a file that its group may read, as Kubernetes mounts secrets', () => {
    for (const mode of [0o400, 0o440, 0o640])
      expect(readSecret({ file: secretFile(`mode-${String(mode)}`, 'x', mode) }, 'the password')).toBe('x')
    for (const mode of [0o444, 0o604, 0o641])
      expect(() =>
        readSecret({ file: secretFile(`mode-${String(mode)}`, 'x', mode) }, 'the password'),
      ).toThrow('is open to everybody')
  })

  it('reads anew each time, so that a rotated file is picked up', () => {
    const file = secretFile('rotated', 'before')
    expect(readSecret({ file }, 'the password')).toBe('before')
    writeFileSync(file, 'after')
    expect(readSecret({ file }, 'the password')).toBe('after')
  })

  it.each([
    [
      'missing',
      { file: path.join(folder, 'nowhere') },
      'the Redis password: FILE cannot be read (ENOENT). Correct the path, or put the file there.',
    ],
    [
      'empty',
      { file: secretFile('empty', '\n') },
      'the Redis password: FILE is empty. Write the secret into it.',
    ],
    [
      'open to everybody',
      { file: secretFile('open', 'x', 0o644) },
      'the Redis password: FILE is open to everybody (mode 644). Leave it to its owner and group: chmod o-rwx FILE.',
    ],
    [
      'not set',
      { env: 'FEEDLOOP_TEST_UNSET' },
      'the Redis password: FEEDLOOP_TEST_UNSET is not set. Set it in the environment of this process.',
    ],
  ])('refuses one that is %s, and says what to do', (_, secret, told) => {
    const sentence = 'file' in secret ? told.replaceAll('FILE', secret.file) : told
    expect(() => readSecret(secret, 'the Redis password')).toThrow(
      expect.objectContaining({ code: 'secret_unreadable', policy: 'operator', message: sentence }),
    )
  })
})

describe('withoutSecrets', () => {
  it('hides the password of every URL, also one with an @ in it', () => {
    expect(withoutSecrets('at redis://scorer:hunter2@db:6379 and http://:p@ss@host/x')).toBe(
      'at redis://scorer:***@db:6379 and http://:***@host/x',
    )
    expect(withoutSecrets('http://host:80/a:b@c')).toBe('http://host:80/a:b@c')
  })

  it('hides what was read, also as JSON and in a URL', () => {
    const secret = readSecret('plan"ted sécret', 'x')
    const texts = [secret, JSON.stringify({ secret }), encodeURIComponent(secret)]
    for (const text of texts) expect(withoutSecrets(`a ${text} b`)).toMatch(/^a .*\*\*\*.* b$/)
    expect(withoutSecrets(JSON.stringify({ secret }))).toBe('{"secret":"***"}')
  })
})

it('is one of three shapes, and shows only its place', () => {
  for (const secret of ['x', { env: 'A' }, { file: '/b' }]) expect(secretSchema.parse(secret)).toEqual(secret)
  for (const wrong of ['', { env: '' }, { file: '/b', env: 'A' }, 1])
    expect(secretSchema.safeParse(wrong).success).toBe(false)
  expect(['x', { env: 'A' }, { file: '/b' }].map(placeOf)).toEqual(['given as text', 'from A', 'from /b'])
})
