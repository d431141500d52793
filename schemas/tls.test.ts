import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readTls } from './fs-tls.ts'
import { tlsSchema } from './tls.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-tls-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = path.join(folder, 'a.pem')

it('says which file is no certificate, and which key others may read', () => {
  writeFileSync(file, 'binary', { mode: 0o644 })
  expect(() => readTls({ caFile: file }, 'redis.tls')).toThrow(`redis.tls.caFile: ${file} is no PEM file`)
  expect(() => readTls({ keyFile: file }, 'redis.tls')).toThrow(`chmod o-rwx ${file}`)
  expect(() => readTls({ caFile: `${file}.gone` }, 'redis.tls')).toThrow('cannot be read (ENOENT)')
  writeFileSync(file, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
  expect(() => readTls({ caFile: file }, 'redis.tls')).toThrow('what it calls a certificate is none')
})

it('takes a certificate with its key only', () => {
  expect(tlsSchema.safeParse({ certFile: '/c' }).success).toBe(false)
  expect(tlsSchema.safeParse({ certFile: '/c', keyFile: '/k' }).success).toBe(true)
})
