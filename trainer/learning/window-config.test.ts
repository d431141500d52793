import { describe, expect, it } from 'vitest'
import { trainerConfigSchema } from '../config.ts'

const parse = (window: unknown) => trainerConfigSchema.safeParse({ window })
const mistakes = (window: unknown) =>
  parse(window).error?.issues.map(({ path, message }) => [path.join('.'), message])

describe('trainer.window', () => {
  it('is left out in configurations of before it, which mean what they meant', () => {
    const config = trainerConfigSchema.parse({ learner: { alpha: 0.1 } })
    expect(config.window).toBeUndefined()
    expect(config.learners).toMatchObject([{ use: 'ftrl', name: 'ftrl', alpha: 0.1 }])
    expect(config.retrain).toEqual({ onDrift: true, coolDownMinutes: 0, examplesWait: false, niceness: 10 })
  })

  it('takes hours or minutes, and a half-life likewise', () => {
    expect(parse({ kind: 'sliding', hours: 6 }).data?.window).toMatchObject({
      kind: 'sliding',
      spanMinutes: 360,
    })
    expect(parse({ kind: 'tumbling', minutes: 90 }).data?.window).toMatchObject({
      spanMinutes: 90,
      keepsPositives: true,
    })
    expect(parse({ kind: 'all', halfLifeHours: 2 }).data?.window).toMatchObject({
      kind: 'all',
      halfLifeMinutes: 120,
    })
    expect(parse({ kind: 'all' }).data?.window).toMatchObject({ kind: 'all', examplesMax: 500_000 })
  })

  it('says what is wrong', () => {
    expect(mistakes({ kind: 'sliding' })).toEqual([['window.hours', 'give either hours or minutes']])
    expect(mistakes({ kind: 'sliding', hours: 1, minutes: 60 })).toEqual([
      ['window.hours', 'give either hours or minutes'],
    ])
    expect(mistakes({ kind: 'all', halfLifeHours: 1, halfLifeMinutes: 60 })?.[0]?.[0]).toBe(
      'window.halfLifeHours',
    )
    expect(mistakes({ kind: 'hopping', hours: 1 })?.[0]?.[0]).toBe('window.kind')
    expect(mistakes({ kind: 'all', hours: 1 })).toHaveLength(1)
  })
})
