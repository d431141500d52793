import { z } from 'zod'
import { MISSING, STALE } from '../contract.ts'
import { MISSING_SUFFIX, type Columns, type ListRows } from '../vectors/columns.ts'
import { scaledNumber } from '../vectors/scales.ts'
import { PLAIN } from '../vectors/units.ts'
import { defineKind, USES_NOTHING, type DefinitionCheck } from './parts/feature-kind.ts'
import { named } from './parts/settings.ts'

/** Numbers of the inputs in their order, as they stand in the vector; null: missing. Nothing else may decide what it answers. */
export type DerivedFunction = (...inputs: (number | null)[]) => number | null

/** What was declared: its text is part of the feature set's id, and of what services tell each other of the set. */
export interface DeclaredFunction {
  readonly source: string
  /** Left out: read back from what another service told; it can be compared, and not computed. */
  readonly call?: DerivedFunction
}

const isFunction = (value: unknown): value is DerivedFunction => typeof value === 'function'
const isDeclared = (value: unknown): value is DeclaredFunction =>
  typeof value === 'object' && value !== null && 'source' in value && typeof value.source === 'string'

const pureFunction = z
  .custom<DerivedFunction | DeclaredFunction>(
    (value) => isFunction(value) || isDeclared(value),
    'must be a function of as many numbers as there are inputs',
  )
  .transform((given): DeclaredFunction =>
    isFunction(given) ? { source: given.toString().replace(/\s+/g, ' '), call: given } : given,
  )

const schema = z.strictObject({
  kind: z.literal('derived'),
  ...named,
  inputs: z
    .array(z.string().min(1).max(160))
    .min(1)
    .max(16)
    .describe('names of features before this one in the list: of their first columns'),
  fn: pureFunction.describe(
    'a pure function: of the inputs alone, without clock, chance or state; null: missing. What it answers is kept within -10..10',
  ),
  version: z
    .int()
    .min(1)
    .max(1_000_000)
    .describe('raise it when the function means something else although its text is the same'),
})

/** A number that a pure function makes of other features of the row, -10..10; missing when it answers none. */
export const derived = defineKind(schema, {
  meaning:
    'A number that a pure function makes of other features of the row, -10..10; missing when it answers none.',
  example: { inputs: ['before'], fn: (before) => (before === null ? null : before * before), version: 1 },
  units: () => [PLAIN],
  nameOf: ({ inputs, version }) => `derived_${inputs.join('_')}_v${String(version)}`.slice(0, 160),
  uses: () => USES_NOTHING,
  mistakes({ inputs, fn }, check) {
    for (const input of inputs) inputMistakes(input, check)
    const { call } = fn
    if (call === undefined) return
    const samples = [inputs.map(() => null), inputs.map(() => 0), inputs.map(() => 1)]
    for (const sample of samples) trialMistakes(call, sample, check)
  },
  state: () => undefined,
  columns: ({ inputs, fn }, _, __, placeOf) => derivedColumns(fn, () => inputs.map(placeOf)),
})

function inputMistakes(input: string, { featureNamed, isBefore, mistake }: DefinitionCheck): void {
  const other = featureNamed(input)
  if (other === undefined) mistake('inputs', `${input} is the name of no feature`)
  else if (!isBefore(input))
    mistake('inputs', `${input} stands behind this feature in the list; put it before`)
  else if (other.kind === 'hashBucket')
    mistake('inputs', `${input} is the number of a bucket, not a quantity`)
}

/** It is tried with nothing known, with zeros and with ones. */
function trialMistakes(
  call: DerivedFunction,
  sample: readonly (number | null)[],
  { mistake }: DefinitionCheck,
): void {
  const shown = `fn(${sample.join(', ')})`
  try {
    const answer: unknown = call(...sample)
    if (answer !== null && typeof answer !== 'number')
      mistake('fn', `${shown} answers ${typeof answer}: it must be a number, or null for missing`)
    else if (!Object.is(answer, call(...sample)))
      mistake('fn', `${shown} answers differently when it is asked again: it must depend on its inputs alone`)
  } catch (error) {
    mistake('fn', `${shown} throws (${String(error)}): it must answer null when it has no answer`)
  }
}

/** Of all rows when their other columns are written; a function that throws, or answers no number, leaves it missing. */
function derivedColumns({ call }: DeclaredFunction, placesOf: () => readonly number[]): Columns {
  return {
    scope: 'list',
    suffixes: ['', MISSING_SUFFIX],
    writeList({ vectors, flags, base, count, width }: ListRows, at) {
      const places = placesOf()
      for (let row = 0; row < count; row++) {
        const first = base + row * width
        let stale = 0
        const inputs = places.map((place) => {
          const bits = flags[first + place]!
          stale |= bits & STALE
          return (bits & MISSING) === 0 ? vectors[first + place]! : null
        })
        const value = answerOf(call, inputs)
        vectors[first + at] = value ?? 0
        vectors[first + at + 1] = value === null ? 1 : 0
        flags[first + at] = (value === null ? MISSING : 0) | stale
        flags[first + at + 1] = stale
      }
    },
  }
}

function answerOf(call: DerivedFunction | undefined, inputs: readonly (number | null)[]): number | null {
  if (call === undefined)
    throw new Error(
      'fn of a derived feature is a text: it was read back as JSON. Give the function itself in the feed file (feedloop.config.ts)',
    )
  try {
    const value = call(...inputs)
    return value === null || !Number.isFinite(value) ? null : scaledNumber(value, undefined)
  } catch {
    return null
  }
}
