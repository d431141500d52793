import { z } from 'zod'

/**
 * A password, a token or a key, or where it is kept: the text itself, a variable of the environment, or a file.
 * `readSecret` reads it; keep the place and not the text, so that a rotated secret is picked up.
 */
export const secretSchema = z.union([
  z.string().min(1),
  z.strictObject({ env: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
])
export type Secret = z.infer<typeof secretSchema>

/** What may be printed of a secret: where it is kept. */
export function placeOf(secret: Secret): string {
  if (typeof secret === 'string') return 'given as text'
  return 'env' in secret ? `from ${secret.env}` : `from ${secret.file}`
}
