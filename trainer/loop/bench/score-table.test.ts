import { expect, it } from 'vitest'
import { skewTable } from './skew-table.ts'
import { failedOf, retrainTable, scoreTable } from './score-table.ts'

const http = (requestsPerSecond: number, p99: number, failed = 0) => ({
  ...{ requestsPerSecond, p50: 1, p99, failed },
})

it('has a line for each contestant, and nothing where it was not asked by Kafka', () => {
  const own = {
    http: { 1: http(100, 4), 16: http(900, 30, 2) },
    flood: http(1_000, 9),
    half: http(500, 7, 1),
  }
  const peer = { http: { 1: http(50, 8), 16: http(300, 90) } }
  const { columns, rows } = scoreTable(
    [
      { title: 'feedloop', runs: [own] },
      { title: 'peer', runs: [peer, peer] },
    ],
    [1, 16],
  )
  expect(columns).toHaveLength(9)
  expect(rows).toEqual([
    ['feedloop', [100], [4], [900], [30], [1_000], [1], [7], [3]],
    ['peer', [50, 50], [8, 8], [300, 300], [90, 90], [], [], [], [0, 0]],
  ])
  expect(failedOf(own)).toBe(3)
})

it('compares each round of a retrain with its own', () => {
  const run = (alone: number, beside: number) => ({
    ...{ alone: http(500, alone), beside: http(500, beside) },
    ...{ rows: 9, trainerMib: 300, rebuilt: 0 },
  })
  const { rows } = retrainTable([run(10, 12), run(20, 30)])
  expect(rows).toEqual([
    ['beside a trainer that waits', [500, 500], [1, 1], [10, 20], [1, 1], [], [], []],
    ['while it retrains', [500, 500], [1, 1], [12, 30], [1.2, 1.5], [9, 9], [300, 300], [0, 0]],
  ])
})

it('holds the cost of skew against that of the scorer', () => {
  const run = { requestsPerSecond: 200, checkedPerSecond: 150, scorerMs: 4, skewMs: 1, differing: 0 }
  const { columns, rows } = skewTable([run])
  expect(columns).toHaveLength(rows[0]!.length)
  expect(rows).toEqual([['run skew beside a scorer', [200], [4], [1], [0.25], [150], [0]]])
})
