import { z } from 'zod'
import { cellText, cellTimeMs } from '../../files/index.ts'
import { BOUNDS, comparedBy, isBetween } from '../bounds.ts'
import { defineValueExpectation, type ExpectationKind } from '../expectation.ts'

const scalar = z.union([z.string(), z.number(), z.boolean()])
const valueSet = { value_set: z.array(scalar) }
const pattern = z.string().transform((text, context) => {
  try {
    // Python names groups with a P.
    return new RegExp(text.replaceAll('(?P<', '(?<'), 'u')
  } catch (error) {
    context.addIssue(
      `${text} is no regular expression of JavaScript: ${error instanceof Error ? error.message : ''}`,
    )
    return z.NEVER
  }
})

const textsOf = (values: readonly (string | number | boolean)[]) => new Set(values.map(String))

function inTablesOnly(kind: ExpectationKind): ExpectationKind {
  return {
    ...kind,
    read(kwargs) {
      const { columns, open } = kind.read(kwargs)
      return { columns, open }
    },
  }
}

/** What each value of a column is by itself. */
export const VALUE_EXPECTATIONS: readonly ExpectationKind[] = [
  defineValueExpectation('expect_column_values_to_be_between', BOUNDS, (bounds) => {
    const [order, isInside] = [comparedBy(bounds), isBetween(bounds)]
    return (cell) => isInside(order(cell))
  }),
  defineValueExpectation('expect_column_values_to_be_in_set', valueSet, ({ value_set: values }) => {
    const texts = textsOf(values)
    return (cell) => texts.has(cellText(cell))
  }),
  defineValueExpectation('expect_column_values_to_not_be_in_set', valueSet, ({ value_set: values }) => {
    const texts = textsOf(values)
    return (cell) => !texts.has(cellText(cell))
  }),
  defineValueExpectation('expect_column_values_to_match_regex', { regex: pattern }, ({ regex }) => {
    return (cell) => regex.test(cellText(cell))
  }),
  defineValueExpectation('expect_column_values_to_not_match_regex', { regex: pattern }, ({ regex }) => {
    return (cell) => !regex.test(cellText(cell))
  }),
  defineValueExpectation('expect_column_value_lengths_to_be_between', BOUNDS, (bounds) => {
    const isInside = isBetween(bounds)
    return (cell) => isInside([...cellText(cell)].length)
  }),
  defineValueExpectation('expect_column_value_lengths_to_equal', { value: z.int().min(0) }, ({ value }) => {
    return (cell) => [...cellText(cell)].length === value
  }),
  defineValueExpectation('expect_column_values_to_be_dateutil_parseable', {}, () => {
    return (cell) => !Number.isNaN(cellTimeMs(cell))
  }),
  defineValueExpectation('expect_column_values_to_be_json_parseable', {}, () => {
    return (cell) => {
      try {
        JSON.parse(cellText(cell))
        return true
      } catch {
        return false
      }
    }
  }),
  // A stream has its own step for times ahead of the clock.
  inTablesOnly(
    defineValueExpectation(
      'feedloop_expect_column_values_to_not_be_in_future',
      { ahead_seconds_max: z.number().min(0).default(300) },
      ({ ahead_seconds_max: ahead }, context) => {
        const latestMs = (context?.clockMs ?? Infinity) + ahead * 1_000
        return (cell) => !(cellTimeMs(cell) > latestMs)
      },
    ),
  ),
]
