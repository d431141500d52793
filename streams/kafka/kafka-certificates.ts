import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { OperatorError } from '../errors.ts'

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

/**
 * A file of certificates as TLS takes it.
 *
 * @param setting for messages: "kafka.tls.caFile"
 * @throws OperatorError `kafka_certificate` when there is none in it, or all are past their date
 */
export function certificatesIn(file: string, setting: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw unusable(`${setting}: ${file} cannot be read (${reason}). Correct the path or the rights.`, error)
  }
  const found = text.match(PEM) ?? []
  if (found.length === 0)
    throw unusable(
      `${setting}: ${file} is no PEM file: it holds no BEGIN CERTIFICATE. ` +
        'Convert it: `openssl x509 -inform der`, or `keytool -exportcert -rfc` of a Java store.',
    )
  const ends = found.map((pem) => endOf(pem, file, setting))
  // Of authorities one that is good will do; a certificate is followed by those that vouch for it.
  const last = setting.endsWith('caFile') ? Math.max(...ends) : ends[0]!
  if (last < Date.now()) {
    const day = new Date(last).toISOString().slice(0, 10)
    throw unusable(
      `${setting}: the certificate in ${file} is past its date (it ended on ${day}). Put a new one there.`,
    )
  }
  return text
}

function endOf(pem: string, file: string, setting: string): number {
  try {
    return Date.parse(new X509Certificate(pem).validTo)
  } catch (error) {
    throw unusable(`${setting}: ${file} is no PEM file: what it calls a certificate is none.`, error)
  }
}

const unusable = (message: string, cause?: unknown) =>
  new OperatorError('kafka_certificate', message, { cause })
