import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { privateKeyPemOf } from './pkcs12-key.ts'

const PASSWORD = 'of-the-test'
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** The part of a PKCS #12 file around its key: name of the bag, tag, two bytes of length, the encrypted key. */
function keyBag(): Buffer {
  const key = privateKey.export({
    format: 'der',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: PASSWORD,
  })
  const length = Buffer.alloc(2)
  length.writeUInt16BE(key.length)
  return Buffer.concat([Buffer.from('060b2a864886f70d010c0a0102a082', 'hex'), length, key])
}

test('finds the key and opens it', () => {
  const pem = privateKeyPemOf(
    Buffer.concat([Buffer.from('before'), keyBag(), Buffer.from('after')]),
    PASSWORD,
  )
  expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  expect(createPrivateKey(pem).equals(privateKey)).toBe(true)
})

test('refuses a file without a key, with two, cut short, or under another password', () => {
  expect(() => privateKeyPemOf(Buffer.from('nothing'), PASSWORD)).toThrow('no key bag')
  expect(() => privateKeyPemOf(Buffer.concat([keyBag(), keyBag()]), PASSWORD)).toThrow('more than one key')
  expect(() => privateKeyPemOf(keyBag().subarray(0, -1), PASSWORD)).toThrow('ends too early')
  expect(() => privateKeyPemOf(keyBag(), 'another')).toThrow()
})
