import { expect, it } from 'vitest'
import { toldLosses } from './told-losses.ts'

it('finds the losses of a stage between everything else it says', () => {
  const line = (fields: object) => JSON.stringify({ level: 50, time: 1, topic: 't', ...fields })
  const log = [
    line({ level: 30, stage: 'features-user', msg: 'partitions_assigned' }),
    line({ stage: 'features-user', partition: 2, wanted: 10, first: 25 }),
    line({ stage: 'features-item', partition: 0, wanted: 1, first: 2 }),
    line({ level: 40, stage: 'features-user', partition: 1, wanted: 1, first: 2 }),
    'not "wanted" as JSON'.replace('"wanted"', 'wanted'),
    '',
  ].join('\n')
  expect(toldLosses(log, 'features-user')).toEqual([
    { level: 50, stage: 'features-user', partition: 2, wanted: 10, first: 25 },
  ])
})
