import { describe, expect, it } from 'vitest'
import type { Prediction, RankRequest } from '#schemas'
import type { Outputs } from '../stage.ts'
import { simulatorConfigSchema } from './config.ts'
import { createFeedPlayer } from './feed-player.ts'
import { createFeedSimulation } from './simulation.ts'

const startMs = Date.UTC(2026, 0, 5, 14)
const wallMs = Date.UTC(2026, 1, 4)

function setUp(settings: { speed?: number; wallMs?: number } = {}) {
  const written: { topic: string; value: unknown }[] = []
  let flushes = 0
  const outputs: Outputs = {
    add: (topic, { value }) => void written.push({ topic, value }),
    flush: () => {
      flushes++
      written.push({ topic: 'flush', value: null })
      return Promise.resolve()
    },
  }
  const config = simulatorConfigSchema.parse({ historyMinutes: 10 })
  const simulation = createFeedSimulation({ seed: '1', config, startMs })
  const player = createFeedPlayer({
    simulation,
    outputs,
    startMs,
    speed: settings.speed ?? 60,
    answerWithinMs: 1_000,
  })
  const of = (topic: string) => written.filter((record) => record.topic === topic)
  return { written, of, player, simulation, flushCount: () => flushes }
}

const answerTo = ({ requestId, candidates }: RankRequest) =>
  ({ requestId, ranking: candidates.map((itemId) => ({ itemId })) }) as Prediction

describe('createFeedPlayer', () => {
  it('tells the history before the clock starts, acknowledged in pieces', async () => {
    const { player, of, flushCount } = setUp()
    await player.tellHistory()
    expect(of('users')).toHaveLength(300)
    expect(of('interactions').length).toBeGreaterThan(4_000)
    expect(of('requests')).toEqual([])
    expect(flushCount()).toBeGreaterThan(2)
  })

  it('has an item acknowledged before anything that names it is sent', async () => {
    const { player, written } = setUp()
    await player.tellHistory()
    player.startClock(wallMs)
    await player.tick(wallMs + 5_000)
    const kinds = written.map(({ topic }) => topic)
    expect(kinds).toContain('requests')
    const itemThenOther = kinds.flatMap((topic, at) =>
      topic === 'items' && at + 1 < kinds.length && kinds[at + 1] !== 'items' ? [at] : [],
    )
    expect(itemThenOther.map((at) => kinds[at + 1])).toEqual(itemThenOther.map(() => 'flush'))
  })

  it('runs feed time at its speed, and never past the wall', () => {
    const { player } = setUp({ speed: 60 })
    expect(player.feedTimeMs(wallMs)).toBe(startMs)
    player.startClock(wallMs)
    expect(player.feedTimeMs(wallMs + 1_000)).toBe(startMs + 60_000)
    expect(player.feedTimeMs(wallMs + 30 * 86_400_000)).toBe(wallMs + 30 * 86_400_000 - 1_000)
  })

  it('shows what was predicted, and gives up when nothing came in time', async () => {
    const { player, of, simulation } = setUp()
    await player.tellHistory()
    player.startClock(wallMs)
    await player.tick(wallMs + 100)
    const requests = of('requests').map((record) => record.value as RankRequest)
    expect(requests.length).toBeGreaterThan(2)
    player.predicted(answerTo(requests[0]!))
    player.predicted(answerTo(requests[0]!))
    expect(player.counts).toMatchObject({ answered: 1, unexpected: 1, givenUp: 0 })
    await player.tick(wallMs + 1_099)
    expect(player.counts.givenUp).toBe(0)
    await player.tick(wallMs + 1_100)
    expect(player.counts.givenUp).toBe(requests.length - 1)

    player.close()
    await player.tick(wallMs + 5_000)
    expect(simulation.waiting).toBe(0)
    await player.finish()
    const told = of('interactions').length
    await player.finish()
    expect(of('interactions').length).toBe(told)
    expect(player.counts.interactions).toBe(told)
  })
})
