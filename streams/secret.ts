import { z } from 'zod'

/** A password or token, or where it is kept: the text itself, a variable of the environment, or a file. */
export const secretSchema = z.union([
  z.string().min(1),
  z.strictObject({ env: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
])
export type Secret = z.infer<typeof secretSchema>
