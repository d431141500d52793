import { readFileSync, statSync } from 'node:fs'
import { OperatorError } from './errors.ts'
import type { Secret } from './secret.ts'

/** Group and others: what they may read is no secret. */
const OTHERS_MODE = 0o077

/**
 * The secret as it is now; ask at every connection, so that a rotated one is picked up.
 *
 * @param what for messages: "the Kafka password"
 * @throws OperatorError `secret_unreadable`, saying what to do
 */
export function readSecret(secret: Secret, what: string): string {
  if (typeof secret === 'string') return secret
  if ('env' in secret) {
    const text = process.env[secret.env]
    if (!text) throw unreadable(what, `${secret.env} is not set. Set it in the environment of this process.`)
    return text
  }
  const { file } = secret
  let text: string
  try {
    const { mode } = statSync(file)
    if ((mode & OTHERS_MODE) !== 0) {
      const shown = (mode & 0o777).toString(8)
      throw unreadable(
        what,
        `${file} is readable by others (mode ${shown}). Take their rights away: chmod 600 ${file}.`,
      )
    }
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    if (error instanceof OperatorError) throw error
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw unreadable(what, `${file} cannot be read (${reason}). Correct the path or the rights.`)
  }
  if (text.trim() === '') throw unreadable(what, `${file} is empty. Write the secret into it.`)
  return text
}

const unreadable = (what: string, why: string) => new OperatorError('secret_unreadable', `${what}: ${why}`)
