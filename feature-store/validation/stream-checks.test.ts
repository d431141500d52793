import { expect, it } from 'vitest'
import type { Interaction } from '#schemas'
import { featureStoreConfigSchema } from '../config.ts'
import { recordSteps } from '../stages/record-steps.ts'
import type { Suite } from './suite.ts'

const META = { topic: 't', partition: 0, offset: 0, brokerTimeMs: Date.UTC(2026, 0, 2) }
const interaction = (change: Partial<Interaction> = {}): Interaction => ({
  ...{ interactionId: 'x1', userId: 'u1', itemId: 'i1', type: 'click', occurredAtMs: Date.UTC(2026, 0, 1) },
  ...{ requestId: null, position: 3, value: 12 },
  ...change,
})
const suite: Suite = {
  name: 'feed',
  expectations: [
    {
      type: 'expect_column_values_to_match_regex',
      kwargs: { column: 'user_id', regex: '^u\\d+$' },
      meta: { table: 'interactions', severity: 'fatal' },
    },
    { type: 'expect_column_values_to_be_between', kwargs: { column: 'value', min_value: 0 } },
    // A table's matter, another table's, and a column that interactions do not have: none of the stream's.
    { type: 'expect_column_values_to_be_unique', kwargs: { column: 'interaction_id' } },
    {
      type: 'expect_column_values_to_be_null',
      kwargs: { column: 'user_id' },
      meta: { table: 'impressions' },
    },
    { type: 'expect_column_values_to_be_null', kwargs: { column: 'device' } },
  ],
}

/** What the steps of the features service make of it. */
function verdictOn(value: Interaction, validation: { suite?: Suite }) {
  const config = featureStoreConfigSchema.parse({ validation })
  const options = { futureSkewSecondsMax: 300, farFutureSecondsMax: 86_400, partitionOf: () => 0 }
  const signals = []
  for (const step of recordSteps({ config, ...options }).interactions) {
    const verdict = step(value, META)
    if (verdict.kind !== 'pass') return verdict
    if (verdict.signal !== undefined) signals.push(verdict.signal)
  }
  return { kind: 'pass', signals }
}

it('counts interactions that are not as expected, and refuses where that is fatal', () => {
  expect(verdictOn(interaction(), { suite })).toEqual({ kind: 'pass', signals: [] })
  expect(verdictOn(interaction({ value: null }), { suite })).toEqual({ kind: 'pass', signals: [] })
  expect(verdictOn(interaction({ value: -5 }), { suite })).toEqual({
    kind: 'pass',
    signals: ['expectation_unmet'],
  })
  expect(verdictOn(interaction({ userId: ' user u1' }), { suite })).toEqual({
    kind: 'deadLetter',
    reason: 'expectation_unmet',
    detail: 'user_id: expect_column_values_to_match_regex ( user u1)',
  })
  expect(verdictOn(interaction({ userId: ' user u1', value: -5 }), {})).toEqual({ kind: 'pass', signals: [] })
})

it('refuses a suite that cannot be used, when the configuration is read', () => {
  const unknown: Suite = { name: 's', expectations: [{ type: 'expect_nothing', kwargs: {} }] }
  const { error } = featureStoreConfigSchema.safeParse({ validation: { suite: unknown } })
  expect(error?.issues).toEqual([
    expect.objectContaining({
      path: ['validation', 'suite'],
      message: expect.stringMatching(/there is no expect_nothing here/) as string,
    }),
  ])
})
