import { z } from 'zod'
import { EncodeError, type Codec, type RankRequest } from '#schemas'
import { EARLIEST_EVENT_MS, type FieldError, guessedUnit } from '#streams'

/** Largest time value of ECMAScript: a long in Avro holds more, nothing that computes with it does. */
const LATEST_MS = 8.64e15

/** 2100: what a larger number was meant as lies before it. */
const GUESSED_UNTIL_MS = 4_102_444_800_000

const tooLate = (value: number) =>
  `is no moment in milliseconds${guessedUnit(value, { earliestMs: EARLIEST_EVENT_MS, latestMs: GUESSED_UNTIL_MS })}`

/** So many mistakes are told: an answer must not be many times as long as its question. */
const ERRORS_MAX = 20

/** Half of a surrogate pair has no UTF-8: it would be written as another id than the one that was sent. */
const text = z.string().refine((value) => !/\p{Surrogate}/u.test(value), {
  error: 'holds half of a surrogate pair, which UTF-8 cannot say',
})
const id = text.min(1, 'must not be empty')

const attributeSchema = z
  .strictObject({
    name: id,
    text: text.nullable().default(null),
    number: z.number().nullable().default(null),
  })
  .refine(({ text, number }) => (text === null) !== (number === null), 'set exactly one of text and number')

/** Body of POST /predict: a rank request, its event time now unless given; fractions of a millisecond are rounded. */
const rankRequestSchema = z.strictObject({
  requestId: id,
  userId: id,
  candidates: z.array(id).min(1),
  context: z.array(attributeSchema).default([]),
  occurredAtMs: z
    .number()
    .transform((ms) => Math.round(ms))
    .pipe(
      z
        .number()
        .positive()
        .max(LATEST_MS, { error: ({ input }) => tooLate(input as number) }),
    )
    .optional(),
})

/** The kinds of the context attributes that the feed declares; undefined: whatever comes is taken. */
export type ContextKinds = Readonly<Record<string, 'text' | 'texts' | 'number'>>

export interface RequestChecks {
  nowMs: number
  codec: Pick<Codec, 'encode'>
  contextKinds?: ContextKinds | undefined
}

/** The request, or the mistakes in it by their paths, at most `ERRORS_MAX`. */
export function parseRankRequest(
  body: unknown,
  { nowMs, codec, contextKinds }: RequestChecks,
): { request: RankRequest } | { errors: FieldError[] } {
  const parsed = rankRequestSchema.safeParse(body)
  if (!parsed.success) {
    const { issues } = parsed.error
    const errors = issues.slice(0, ERRORS_MAX).map(({ path, message }) => ({
      field: path.map(String).join('.') || 'body',
      reason: message,
    }))
    return { errors: withRest(errors, issues.length) }
  }
  const request = { ...parsed.data, occurredAtMs: parsed.data.occurredAtMs ?? nowMs }
  const unfit = contextKinds === undefined ? [] : contextErrors(request.context, contextKinds)
  const errors = [...unfit, ...encodeErrors(codec, request)]
  if (errors.length === 0) return { request }
  return { errors: withRest(errors.slice(0, ERRORS_MAX), errors.length) }
}

function withRest(errors: FieldError[], count: number): FieldError[] {
  if (count === errors.length) return errors
  return [...errors, { field: 'body', reason: `and ${String(count - errors.length)} more mistakes` }]
}

function contextErrors(context: RankRequest['context'], kinds: ContextKinds): FieldError[] {
  return context.flatMap(({ name, text }, index) => {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    if (kind === undefined) {
      const known = Object.keys(kinds).join(', ') || 'none'
      const reason = `${name} is not declared in features.attributes.context (declared: ${known})`
      return [{ field: `context.${String(index)}.name`, reason }]
    }
    const given = text === null ? 'number' : 'text'
    if (given === kind || (given === 'text' && kind === 'texts')) return []
    return [{ field: `context.${String(index)}.${given}`, reason: `${name} is declared as ${kind}` }]
  })
}

/** What the topics could not carry would be answered and never be learned from. */
function encodeErrors(codec: Pick<Codec, 'encode'>, request: RankRequest): FieldError[] {
  try {
    codec.encode('requests', request)
    return []
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error
    return [{ field: error.path || 'body', reason: error.reason }]
  }
}
