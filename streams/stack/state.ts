import { z } from 'zod'
import { SERVICE_NAMES } from './stack-services.ts'

const processSchema = z.strictObject({
  pid: z.int().positive(),
  /** Tells this process from a later one with the same number (process-identity.ts). */
  startToken: z.string(),
  port: z.int().min(1).max(65_535),
  address: z.string(),
  logFile: z.string(),
  startedAtMs: z.number(),
  /** null: recorded before it answered. */
  readyAtMs: z.number().nullable(),
  /** What tells our service from another on the same port: cluster id, process id or header value. */
  identity: z.string(),
  /** The other address it was started with (the registry's brokers); a change means a restart. */
  dependsOn: z.string().nullable(),
  /** It asks who you are: another address, other records. */
  secure: z.boolean().default(false),
})

/** state.json: which processes make up the stack of a folder. */
export const stackStateSchema = z.strictObject({
  formatVersion: z.literal(1),
  processes: z.partialRecord(z.enum(SERVICE_NAMES), processSchema),
})

export type StackState = z.infer<typeof stackStateSchema>
export type RecordedProcess = z.infer<typeof processSchema>

export const emptyState = (): StackState => ({ formatVersion: 1, processes: {} })

/** Throws what JSON.parse or zod throw. */
export function parseState(text: string): StackState {
  return stackStateSchema.parse(JSON.parse(text))
}

export const formatState = (state: StackState): string => `${JSON.stringify(state, null, 2)}\n`
