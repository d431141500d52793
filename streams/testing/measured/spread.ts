/** Of the rounds of a measurement. */
export interface Spread {
  median: number
  min: number
  max: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (place: number) => sorted[place] ?? NaN
  return {
    median: (at(Math.floor((sorted.length - 1) / 2)) + at(Math.floor(sorted.length / 2))) / 2,
    min: sorted[0] ?? NaN,
    max: sorted.at(-1) ?? NaN,
  }
}

/** The median, and in brackets the least and the most where they differ from it. */
export function spreadText({ median, min, max }: Spread, digits = 0): string {
  const format = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  const text = (value: number) => format.format(value)
  return text(min) === text(max) ? text(median) : `${text(median)} (${text(min)}-${text(max)})`
}
