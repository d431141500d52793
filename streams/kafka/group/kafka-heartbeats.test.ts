import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { streamsLimitsSchema } from '../../config.ts'
import { silentLogger } from '../../log.ts'
import { createHeartbeats } from './kafka-heartbeats.ts'

const limits = streamsLimitsSchema.parse({ heartbeatIntervalMs: 100 })
const refused = (type: string) => Object.assign(new Error(type), { type })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function heartbeats() {
  const all = createHeartbeats({ stage: 's', limits, log: silentLogger })
  return { all, tick: () => vi.advanceTimersByTimeAsync(100) }
}

it('beats while at least one batch is at work, and no longer', async () => {
  const { all, tick } = heartbeats()
  const beat = vi.fn(() => Promise.resolve())
  await tick()
  all.begin(beat)
  all.begin(beat)
  await tick()
  all.end()
  await tick()
  expect(beat).toHaveBeenCalledTimes(2)
  all.end()
  await tick()
  expect(beat).toHaveBeenCalledTimes(2)
  all.begin(beat)
  all.stop()
  await tick()
  expect(beat).toHaveBeenCalledTimes(2)
})

it('takes the partitions for lost when the broker does not know the member, until the next join', async () => {
  const { all, tick } = heartbeats()
  all.begin(() => Promise.reject(refused('REBALANCE_IN_PROGRESS')))
  await tick()
  expect(all.lost()).toBe(false)
  all.begin(() => Promise.reject(refused('UNKNOWN_MEMBER_ID')))
  await tick()
  expect(all.lost()).toBe(true)
  all.joined()
  expect(all.lost()).toBe(false)
})

it('does not believe an answer to a beat of the division before', async () => {
  const { all, tick } = heartbeats()
  let answer!: (error: unknown) => void
  all.begin(() => new Promise((_, reject) => (answer = reject)))
  await tick()
  all.joined()
  answer(refused('ILLEGAL_GENERATION'))
  await Promise.resolve()
  await Promise.resolve()
  expect(all.lost()).toBe(false)
})
