import { z } from 'zod'
import type { RankRequest } from '#schemas'

const attributeSchema = z
  .strictObject({
    name: z.string().min(1),
    text: z.string().nullable().default(null),
    number: z.number().nullable().default(null),
  })
  .refine(({ text, number }) => (text === null) !== (number === null), 'set exactly one of text and number')

/** Body of POST /predict: a rank request, its event time now unless given. */
const rankRequestSchema = z.strictObject({
  requestId: z.string().min(1),
  userId: z.string().min(1),
  candidates: z.array(z.string().min(1)).min(1),
  context: z.array(attributeSchema).default([]),
  occurredAtMs: z.number().positive().optional(),
})

/** The request, or every mistake in it by its path. */
export function parseRankRequest(
  body: unknown,
  nowMs: number,
): { request: RankRequest } | { mistakes: string[] } {
  const parsed = rankRequestSchema.safeParse(body)
  if (parsed.success) return { request: { ...parsed.data, occurredAtMs: parsed.data.occurredAtMs ?? nowMs } }
  return {
    mistakes: parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`),
  }
}
