import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { featureRow, ROW_START_MS } from '../testing/feature-row.ts'
import { calendar } from './index.ts'

/** The row's hour, back from its point on the circle. */
function hourAt(isoTime: string, timeZone?: string): number {
  const features = [calendar({ of: 'hourOfDay', ...(timeZone === undefined ? {} : { timeZone }) })]
  const atMinute = (Date.parse(isoTime) - ROW_START_MS) / 60_000
  const row = featureRow({ features }, { atMinute })
  const [sin, cos] = [row['hour_of_day_sin']![0], row['hour_of_day_cos']![0]]
  return ((Math.atan2(sin, cos) / (2 * Math.PI)) * 24 + 24) % 24
}

function dayAt(isoTime: string, timeZone: string): string[] {
  const features = [calendar({ of: 'dayOfWeek', timeZone })]
  const atMinute = (Date.parse(isoTime) - ROW_START_MS) / 60_000
  const row = featureRow({ features }, { atMinute })
  return Object.entries(row).flatMap(([name, [value]]) => (value === 1 ? [name] : []))
}

describe('calendar', () => {
  it('tells the hour in UTC when no zone is given', () => {
    expect(hourAt('2026-03-01T06:30:00Z')).toBeCloseTo(6.5, 4)
    expect(hourAt('2026-03-01T23:59:00Z')).toBeCloseTo(23 + 59 / 60, 4)
  })

  it("tells the hour of the feed's zone, across a change of its clocks and with odd offsets", () => {
    expect(hourAt('2026-03-29T00:59:00Z', 'Europe/Berlin')).toBeCloseTo(1 + 59 / 60, 4)
    expect(hourAt('2026-03-29T01:01:00Z', 'Europe/Berlin')).toBeCloseTo(3 + 1 / 60, 4)
    expect(hourAt('2026-03-01T00:00:00Z', 'Asia/Kathmandu')).toBeCloseTo(5.75, 4)
  })

  it('tells the day of the week there', () => {
    expect(dayAt('1970-01-01T12:00:00Z', 'UTC')).toEqual(['day_of_week=thursday'])
    expect(dayAt('2026-11-29T20:00:00Z', 'UTC')).toEqual(['day_of_week=sunday'])
    expect(dayAt('2026-11-29T20:00:00Z', 'Asia/Tokyo')).toEqual(['day_of_week=monday'])
  })

  it('refuses a zone that nobody knows', () => {
    const wrong = [calendar({ of: 'hourOfDay', timeZone: 'Mars/Olympus' })]
    expect(() => parseFeatureStoreConfig({ features: wrong })).toThrow(
      /timeZone: is no time zone; use a name/,
    )
  })
})
