import { expect, it } from 'vitest'
import { resultFileSchema } from '#streams/testing'
import { faultTable, faultText, type ScenarioOutcome } from './fault-text.ts'

const common = { size: 'long', seconds: 12 } as const
const clean = { expected: 1_000, lost: 0, duplicated: 0, reordered: 0, wrong: 0, counts: { kills: 3 } }
const ran: ScenarioOutcome = {
  ...common,
  name: 'consumer-kill',
  title: 'features are killed',
  kind: 'ran',
  report: {
    measured: { ...clean, recoverySeconds: 1.5 },
    control: { ...clean, lost: 7, recoverySeconds: null, what: 'the fence off' },
    checks: [],
  },
}
const failed: ScenarioOutcome = { ...common, name: 'zombie', title: 'z', kind: 'failed', error: 'it broke' }

it('writes a row per scenario in the format that the README shows', () => {
  const table = faultTable([ran, failed])
  expect(resultFileSchema.shape.tables.parse({ faults: table })).toEqual({ faults: table })
  expect(table.rows).toEqual([
    [
      'consumer-kill',
      'features are killed',
      [1_000],
      '0 / 0 / 0 / 0',
      [1.5],
      'the fence off: 7 / 0 / 0 / 0',
      [12],
      'holds',
    ],
    ['zombie', 'z', [], '', [], '', [12], 'FAILS'],
  ])
})

it('says what failed below the table', () => {
  expect(faultText([ran, failed])).toMatch(/measured: kills 3[^]*failed: it broke/)
})
