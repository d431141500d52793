import { expect, it } from 'vitest'
import { MISSING } from '../contract.ts'
import { featureRow, number, text } from '../testing/feature-row.ts'
import { contextAttribute } from './index.ts'

it('takes a declared attribute of the right kind from the request', () => {
  const input = {
    attributes: { context: { hour: 'number' as const } },
    features: [contextAttribute({ attribute: 'hour', as: 'number', scale: { divide: 24 } })],
  }
  const asked = (...context: ReturnType<typeof text>[]) => featureRow(input, { context })
  expect(asked(number('hour', 12), text('device', 'x'))['context_hour']).toEqual([0.5, 0])
  expect(asked(text('hour', '12'))['context_hour']).toEqual([0, MISSING])
  expect(asked(number('hour', NaN))['context_hour__missing']).toEqual([1, 0])
})
