import { describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { type ArrivalChange, createLabelArrival, type LabelArrival } from './label-arrival.ts'

const HOUR_MS = 3_600_000
const DAY_HOURS = 24
/** 1,000 examples an hour by day, 100 at night; people also click less at night. */
const isNight = (hour: number) => hour % DAY_HOURS >= 22 || hour % DAY_HOURS < 6

interface Feed {
  hours: number
  clickRate: number
  nightRate?: number
  /** Which source tells a click of this hour; null: none does. */
  source?: (hour: number) => string | null
  /** Share of clicks that is told from this hour on. */
  shareOf?: (hour: number) => number
}

function play(
  feed: Feed,
  { seed = 3, arrival = createLabelArrival() }: { seed?: number; arrival?: LabelArrival } = {},
) {
  const chance = createChance(seed)
  const { source = () => 'interactions', shareOf = () => 1 } = feed
  const changes: (ArrivalChange & { atHour: number })[] = []
  let outExamples = 0
  for (let hour = 0; hour < feed.hours; hour++) {
    const rate = isNight(hour) ? (feed.nightRate ?? feed.clickRate) : feed.clickRate
    const count = isNight(hour) ? 100 : 1_000
    for (let at = 0; at < count; at++) {
      const told = chance() < rate * shareOf(hour) ? source(hour) : null
      const positives = told === null ? [] : [{ label: 'click', source: told }]
      const atMs = (hour + at / count) * HOUR_MS
      for (const change of arrival.observe({ positives, atMs }))
        changes.push({ ...change, atHour: atMs / HOUR_MS })
      if (arrival.isOut('click')) outExamples += 1
    }
  }
  return { changes, outExamples }
}

describe('label arrival', () => {
  it.each([0.19, 0.02])('is quiet through days and nights (click rate %d)', (clickRate) => {
    expect(play({ hours: 96, clickRate, nightRate: clickRate / 3 }).changes).toEqual([])
  })

  it('is quiet when people come to like less than half of what they liked', () => {
    const shareOf = (hour: number) => (hour < 30 ? 1 : 0.4)
    expect(play({ hours: 60, clickRate: 0.1, shareOf }).changes).toEqual([])
  })

  it('takes a turn of tastes for no silence, though a fifth of the clicks is left for hours', () => {
    const shareOf = (hour: number) => (hour >= 30 && hour < 35 ? 0.19 : hour >= 35 ? 0.35 : 1)
    const alarms = Array.from({ length: 5 }, (_, seed) =>
      play({ hours: 38, clickRate: 0.117, shareOf }, { seed }).changes.filter(
        ({ kind }) => kind === 'silent',
      ),
    )
    expect(alarms.flat().length).toBeLessThanOrEqual(1)
  })

  it('sees four silent hours soon, says since when, and when it is over', () => {
    const source = (hour: number) => (hour >= 34 && hour < 38 ? null : 'interactions')
    const { changes, outExamples } = play({ hours: 60, clickRate: 0.19, source })
    expect(changes.map(({ label, source: by, kind }) => [label, by, kind])).toEqual([
      ['click', 'interactions', 'silent'],
      ['click', 'interactions', 'back'],
    ])
    const [silent, back] = changes as [(typeof changes)[0], (typeof changes)[0]]
    expect(silent.atHour).toBeLessThan(34.3)
    expect(silent.sinceMs / HOUR_MS).toBeCloseTo(34, 1)
    expect(silent.usualRate).toBeCloseTo(0.19, 1)
    expect(back.atHour).toBeGreaterThanOrEqual(38)
    expect(back.atHour).toBeLessThan(38.1)
    expect(outExamples).toBeGreaterThan(3_700)
  })

  it('sees a source of which nineteen in twenty are lost', () => {
    const shareOf = (hour: number) => (hour >= 34 && hour < 44 ? 0.05 : 1)
    const { changes } = play({ hours: 60, clickRate: 0.1, shareOf })
    expect(changes.map(({ kind }) => kind)).toEqual(['silent', 'back'])
  })

  it('watches each source: one of two that falls silent is told, the other is not blamed', () => {
    const chance = createChance(8)
    const source = (hour: number) => (chance() < 0.4 ? (hour >= 34 ? null : 'outcomes') : 'interactions')
    const { changes } = play({ hours: 44, clickRate: 0.1, source })
    expect(changes.map(({ source: by, kind }) => [by, kind])).toEqual([['outcomes', 'silent']])
  })

  it('lets a source go whose clicks come by another one from now on', () => {
    const source = (hour: number) => (hour >= 34 ? 'outcomes' : 'interactions')
    const { changes } = play({ hours: 60, clickRate: 0.1, source })
    expect(changes.map(({ source: by, kind }) => [by, kind])).toEqual([
      ['interactions', 'silent'],
      ['interactions', 'replaced'],
    ])
  })

  it('takes little for usual when it has been so for a day', () => {
    const shareOf = (hour: number) => (hour < 34 ? 1 : 0.05)
    const { changes } = play({ hours: 80, clickRate: 0.2, shareOf })
    expect(changes.map(({ kind }) => kind)).toEqual(['silent', 'accepted'])
    expect(changes[1]!.atHour).toBeCloseTo(58, 0)
  })

  it('waits for ever for a source that is wholly silent, and says nothing of one it does not know yet', () => {
    const source = (hour: number) => (hour >= 34 ? null : 'interactions')
    expect(play({ hours: 200, clickRate: 0.1, source }).changes.map(({ kind }) => kind)).toEqual(['silent'])
    expect(play({ hours: 200, clickRate: 0.1, source: () => null }).changes).toEqual([])
  })

  it('watches examples that do not say by which source their label came as one source', () => {
    const source = (hour: number) => (hour >= 34 && hour < 38 ? null : '')
    const { changes } = play({ hours: 60, clickRate: 0.19, source })
    expect(changes.map(({ source: by, kind }) => [by, kind])).toEqual([
      ['', 'silent'],
      ['', 'back'],
    ])
    // From an upgrade on they say it: the nameless ones have not fallen silent.
    const upgraded = play({ hours: 60, clickRate: 0.19, source: (hour) => (hour < 34 ? '' : 'outcomes') })
    expect(upgraded.changes).toEqual([])
  })
})
