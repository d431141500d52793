import { expect, it } from 'vitest'
import type { Interaction, RankRequest } from '#schemas'
import { createLogLimit } from '#streams/testing'
import { featureStoreConfigSchema } from '../config.ts'
import { recordSteps } from '../stages/record-steps.ts'
import { requestsAsExpected } from './stream-checks.ts'
import type { Suite } from './suite.ts'
import { createTellUnmet, type Unmet } from './unmet.ts'

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
    detail:
      'interactions: user_id: expect_column_values_to_match_regex (interaction_id x1, user_id  user u1, item_id i1)',
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

const request = (change: Partial<RankRequest> = {}): RankRequest => ({
  ...{ requestId: 'r1', userId: 'u1', occurredAtMs: Date.UTC(2026, 0, 1), candidates: ['i1', 'i2'] },
  context: [
    { name: 'device', text: 'phone', number: null },
    { name: 'city', text: 'Riga', number: null },
  ],
  ...change,
})
const ofRequests: Suite = {
  name: 'feed',
  expectations: [
    {
      type: 'expect_column_values_to_be_in_set',
      kwargs: { column: 'device', value_set: ['phone', 'desktop'] },
      meta: { table: 'impressions' },
    },
    {
      type: 'expect_column_values_to_match_regex',
      kwargs: { column: 'item_id', regex: '^i' },
      meta: { table: 'requests', severity: 'fatal' },
    },
    { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'city' }, meta: { table: 'requests' } },
    // What came of it, an attribute that is not declared, and another table: none of a request's.
    {
      type: 'expect_column_values_to_not_be_null',
      kwargs: { column: 'click' },
      meta: { table: 'impressions' },
    },
    {
      type: 'expect_column_values_to_not_be_null',
      kwargs: { column: 'weather' },
      meta: { table: 'impressions' },
    },
    {
      type: 'expect_column_values_to_be_null',
      kwargs: { column: 'user_id' },
      meta: { table: 'interactions' },
    },
  ],
}

it('judges rank requests as what was shown, every candidate of them, and tells of all that is not met', () => {
  const told: Unmet[] = []
  const step = requestsAsExpected(ofRequests, ['device', 'city'], (unmet) => told.push(unmet))
  expect(step(request(), META)).toEqual({ kind: 'pass', value: request() })
  const odd = request({ context: [{ name: 'device', text: 'toaster', number: null }] })
  expect(step(odd, META)).toMatchObject({ kind: 'pass', signal: 'expectation_unmet' })
  expect(told.map(({ expectation, ids }) => [expectation, ids])).toEqual([
    ['device: expect_column_values_to_be_in_set', { request_id: 'r1', user_id: 'u1' }],
    ['city: expect_column_values_to_not_be_null', { request_id: 'r1', user_id: 'u1' }],
  ])
  expect(step(request({ candidates: ['i1', 'x9', 'x8'] }), META)).toEqual({
    kind: 'deadLetter',
    reason: 'expectation_unmet',
    detail: 'requests: item_id: expect_column_values_to_match_regex (request_id r1, user_id u1, item_id x9)',
  })
})

it('counts each violation by its expectation, and logs ids alone, an expectation twice a minute', () => {
  const counted: unknown[] = []
  const lines: string[] = []
  const limit = createLogLimit({ windowMs: 30_000, keysMax: 100 })
  const warn = (fields: object, event: string) => {
    if (limit.passes({ level: 'warn', fields, event }, 0)) lines.push(JSON.stringify({ event, ...fields }))
  }
  const tell = createTellUnmet({
    signals: { count: (name: string, labels: object) => counted.push([name, labels]) } as never,
    log: { warn } as never,
  })
  const step = requestsAsExpected(ofRequests, ['device', 'city'], tell)
  const secret = { name: 'device', text: 'a secret of Ann', number: null }
  for (let n = 0; n < 50; n++)
    step(request({ requestId: `r${String(n)}`, context: [secret] }), { ...META, offset: n })
  expect(counted).toHaveLength(100)
  expect(counted[0]).toEqual([
    'feature_expectations_unmet',
    { table: 'requests', expectation: 'device: expect_column_values_to_be_in_set', severity: 'warning' },
  ])
  expect(lines).toHaveLength(2)
  expect(lines.join()).toContain('"at":"t/0@0"')
  expect(lines.join()).not.toContain('Ann')
  expect(limit.due(30_000).map(({ repeated }) => repeated)).toEqual([49, 49])
})
