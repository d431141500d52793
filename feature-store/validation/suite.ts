import { z } from 'zod'
import { nearestName } from '../attributes/nearest-name.ts'
import { SuiteError } from './errors.ts'
import type { ReadExpectation } from './expectation.ts'
import { EXPECTATIONS } from './expectations/index.ts'

/** An expectation as it stands in a suite: the JSON of Great Expectations 1.x. */
export const expectationSchema = z.looseObject({
  type: z.string().describe('the name of an expectation'),
  kwargs: z.record(z.string(), z.unknown()).default({}).describe('its arguments, as in Great Expectations'),
  meta: z
    .looseObject({
      table: z.string().optional().describe('the table that it is about; left out: every table'),
      severity: z
        .enum(['warning', 'fatal'])
        .optional()
        .describe('fatal: a record of the stream that breaks it goes to the dead letters'),
    })
    .nullish(),
})
export type Expectation = z.output<typeof expectationSchema>

export const suiteSchema = z.looseObject({
  name: z.string().min(1),
  expectations: z.array(expectationSchema),
})
export type Suite = z.output<typeof suiteSchema>

/** An expectation of a suite with its arguments read. */
export interface OpenedExpectation {
  expectation: Expectation
  read: ReadExpectation
}

/**
 * Reads a suite whole: the first mistake is told with its place.
 *
 * @param where the file, for messages
 * @throws SuiteError
 */
export function openSuite(
  input: unknown,
  where: string,
): { suite: Suite; expectations: OpenedExpectation[] } {
  const parsed = suiteSchema.safeParse(input)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new SuiteError(
      where,
      `${issue!.path.map(String).join('.') || 'the suite'}: ${issue!.message}; a suite is { "name": ..., "expectations": [{ "type": ..., "kwargs": {...} }] }`,
    )
  }
  const suite = parsed.data
  return { suite, expectations: suite.expectations.map((expectation, at) => opened(expectation, at, where)) }
}

function opened(expectation: Expectation, at: number, where: string): OpenedExpectation {
  const place = `expectations[${String(at)}]`
  const kind = EXPECTATIONS.get(expectation.type)
  if (kind === undefined) {
    const near = nearestName(expectation.type, [...EXPECTATIONS.keys()])
    throw new SuiteError(
      where,
      `${place}: there is no ${expectation.type} here${near === undefined ? '' : `; did you mean ${near}?`}; \`npx feedloop validate --list\` names all`,
    )
  }
  try {
    return { expectation, read: kind.read(expectation.kwargs) }
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause
    const said = cause.issues.map(
      ({ path, message }) => `${path.map(String).join('.') || 'kwargs'}: ${message}`,
    )
    throw new SuiteError(where, `${place} ${expectation.type}: ${said.join('; ')}`, { cause })
  }
}
