import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CertificateError } from './errors.ts'
import { mustBePrivate } from './fs-secret.ts'
import type { Tls } from './tls.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/

/** As Node's `tls.connect` takes it. */
export interface TlsOptions {
  ca?: string
  cert?: string
  key?: string
  servername?: string
}

/**
 * The files as they are now; ask at every connection, so that a renewed certificate is picked up.
 *
 * @param setting for messages: "redis.tls"
 * @throws CertificateError, SecretUnreadableError saying what to do
 */
export function readTls(tls: Tls, setting: string): TlsOptions {
  const { caFile, certFile, keyFile, serverName } = tls
  return {
    ...(caFile === undefined ? {} : { ca: certificatesIn(caFile, `${setting}.caFile`) }),
    ...(certFile === undefined ? {} : { cert: certificatesIn(certFile, `${setting}.certFile`) }),
    ...(keyFile === undefined ? {} : { key: keyIn(keyFile, `${setting}.keyFile`) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  }
}

/**
 * A PEM file of certificates, as TLS takes it.
 *
 * @param setting for messages; whether it ends in caFile decides which of them must still hold
 * @throws CertificateError
 */
export function certificatesIn(file: string, setting: string): string {
  const text = textOf(file, setting)
  const ends = [...text.matchAll(CERTIFICATE)].map(([pem]) => endOf(pem, file, setting))
  if (ends.length === 0)
    throw new CertificateError(
      setting,
      `${file} is no PEM file: it holds no BEGIN CERTIFICATE`,
      'Convert it: openssl x509 -inform der, or keytool -exportcert -rfc of a Java store',
    )
  // Of authorities one that is good will do; a certificate is followed by those that vouch for it.
  const lastMs = setting.endsWith('caFile') ? Math.max(...ends) : ends[0]!
  if (lastMs < Date.now())
    throw new CertificateError(
      setting,
      `the certificate in ${file} is past its date: it ended on ${new Date(lastMs).toISOString().slice(0, 10)}`,
      'Put a new one there',
    )
  return text
}

function endOf(pem: string, file: string, setting: string): number {
  try {
    return Date.parse(new X509Certificate(pem).validTo)
  } catch (cause) {
    throw new CertificateError(
      setting,
      `${file} is no PEM file: what it calls a certificate is none`,
      'Write it anew',
      cause,
    )
  }
}

/** @throws CertificateError, SecretUnreadableError */
export function keyIn(file: string, setting: string): string {
  mustBePrivate(file, setting)
  const text = textOf(file, setting)
  if (!KEY.test(text))
    throw new CertificateError(
      setting,
      `${file} is no PEM file: it holds no PRIVATE KEY`,
      'Convert it: openssl pkcs12 -nodes -nocerts of a Java store',
    )
  return text
}

function textOf(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new CertificateError(
      setting,
      `${file} cannot be read (${reason})`,
      'Correct the path or the rights',
      cause,
    )
  }
}
