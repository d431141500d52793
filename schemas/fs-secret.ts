import { readFileSync, statSync } from 'node:fs'
import { SecretUnreadableError } from './errors.ts'
import { keepSecret } from './secrecy.ts'
import type { Secret } from './secret.ts'

/** What everybody may read is no secret. A group may: Kubernetes mounts secrets for the group of a pod (mode 440). */
const EVERYBODY_MODE = 0o007

/**
 * The secret as it is now; ask at every connection, so that a rotated one is picked up. What was read is hidden by
 * `withoutSecrets` from then on.
 *
 * @param what for messages: "the Redis password"
 * @throws SecretUnreadableError saying what to do
 *
 * @example readSecret({ file: '/run/secrets/redis' }, 'the Redis password')
 */
export function readSecret(secret: Secret, what: string): string {
  const text =
    typeof secret === 'string'
      ? secret
      : 'env' in secret
        ? ofEnvironment(secret.env, what)
        : ofFile(secret.file, what)
  keepSecret(text)
  return text
}

function ofEnvironment(name: string, what: string): string {
  const text = process.env[name]
  if (!text)
    throw new SecretUnreadableError(what, `${name} is not set`, `Set it in the environment of this process`)
  return text
}

/** Without the line end that editors and `echo` leave. */
function ofFile(file: string, what: string): string {
  mustBePrivate(file, what)
  let text: string
  try {
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new SecretUnreadableError(
      what,
      `${file} cannot be read (${reasonOf(error)})`,
      'Correct the path or the rights',
      error,
    )
  }
  if (text.trim() === '')
    throw new SecretUnreadableError(what, `${file} is empty`, 'Write the secret into it')
  return text
}

/** @throws SecretUnreadableError when the file is not there, or others than its owner and group may read it */
export function mustBePrivate(file: string, what: string): void {
  let mode: number
  try {
    mode = statSync(file).mode
  } catch (error) {
    throw new SecretUnreadableError(
      what,
      `${file} cannot be read (${reasonOf(error)})`,
      'Correct the path, or put the file there',
      error,
    )
  }
  if ((mode & EVERYBODY_MODE) !== 0)
    throw new SecretUnreadableError(
      what,
      `${file} is open to everybody (mode ${(mode & 0o777).toString(8)})`,
      `Leave it to its owner and group: chmod o-rwx ${file}`,
    )
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)
