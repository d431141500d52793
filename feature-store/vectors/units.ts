import { durationOf } from './duration-words.ts'
import { type NumberScale, scaledNumber } from './scales.ts'

/** What a column's number says, and how a person would say it. */
export interface Unit {
  readonly text: string
  /** In words or in the unit it had before it was scaled. */
  spoken(value: number): string
}

/** Five digits are more than anybody reads. */
const rounded = (value: number) => String(Number(value.toPrecision(4)))

/** Of a scaled number, and what it was before. */
function spokenNumber(scaled: number, before: number): string {
  const isAtLimit = Math.abs(scaled) >= scaledNumber(Infinity, undefined)
  return `${rounded(before)}${isAtLimit ? ' or beyond' : ''}`
}

export const FLAG: Unit = { text: '0 or 1', spoken: (value) => (value === 1 ? 'yes' : 'no') }
export const COUNT: Unit = {
  text: 'ln(1 + count) / 4',
  spoken: (value) => rounded(Math.expm1(4 * value)),
}
export const MINUTES: Unit = {
  text: 'ln(1 + minutes) / 4',
  spoken: (value) => durationOf(Math.expm1(4 * value) * 60_000),
}
export const RATE: Unit = {
  text: 'ln(rate / prior)',
  spoken: (value) => `${rounded(Math.exp(value))} x prior`,
}
export const BUCKET: Unit = {
  text: 'bucket',
  spoken: (value) => (value === 0 ? 'none' : `#${rounded(value)}`),
}
export const PLACE: Unit = { text: 'ln(place)', spoken: (value) => `place ${rounded(Math.exp(value))}` }
export const PLAIN: Unit = { text: 'number', spoken: (value) => spokenNumber(value, value) }
export const SHARE: Unit = { text: 'share, 0 to 1', spoken: (value) => `${rounded(100 * value)} %` }

/** A number as a definition scales it. */
export function numberUnit(scale: NumberScale | undefined): Unit {
  if (scale === undefined) return PLAIN
  const { subtract, divide, log1p } = scale
  const shaped = log1p ? 'ln(1 + x)' : 'x'
  const shifted = subtract === 0 ? shaped : `(${shaped} - ${rounded(subtract)})`
  return {
    text: divide === 1 ? shifted : `${shifted} / ${rounded(divide)}`,
    spoken(value) {
      const back = value * divide + subtract
      return spokenNumber(value, log1p ? Math.expm1(back) : back)
    },
  }
}
