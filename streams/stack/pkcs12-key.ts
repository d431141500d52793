import { createPrivateKey } from 'node:crypto'

/** How DER writes the name of a shrouded key bag, 1.2.840.113549.1.12.10.1.2. */
const SHROUDED_KEY_BAG = Buffer.from('060b2a864886f70d010c0a0102', 'hex')
const CONTEXT_0 = 0xa0

/**
 * The private key of a PKCS #12 file that holds one key, as PEM. Node reads no such file, but it reads what is inside:
 * an EncryptedPrivateKeyInfo (PKCS #8), which follows the name of its bag. Java writes that bag unencrypted otherwise.
 *
 * Throws on a file without such a bag, with more than one, or under another password.
 *
 * @see RFC 7292, section 4.2.2
 */
export function privateKeyPemOf(pkcs12: Buffer, password: string): string {
  const at = pkcs12.indexOf(SHROUDED_KEY_BAG)
  if (at === -1) throw new Error('the PKCS #12 file has no key bag that can be read')
  if (pkcs12.includes(SHROUDED_KEY_BAG, at + 1)) throw new Error('the PKCS #12 file has more than one key')
  const wrapped = derContentAt(pkcs12, at + SHROUDED_KEY_BAG.length, CONTEXT_0)
  const key = createPrivateKey({ key: wrapped, format: 'der', type: 'pkcs8', passphrase: password })
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}

/** What a DER element holds: one tag byte, then the length in one byte or in as many as the first one says. */
function derContentAt(bytes: Buffer, at: number, tag: number): Buffer {
  if (bytes[at] !== tag) throw new Error(`tag ${bytes[at]} where ${tag} was expected, at byte ${at}`)
  const first = bytes.readUInt8(at + 1)
  const lengthBytes = first < 0x80 ? 0 : first - 0x80
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes)
  const from = at + 2 + lengthBytes
  if (from + length > bytes.length) throw new Error('the PKCS #12 file ends too early')
  return bytes.subarray(from, from + length)
}
