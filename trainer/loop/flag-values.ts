import { InvalidArgumentError } from 'commander'

/** Reads the value of a flag; what it throws is shown as commander shows a mistake. */
export function said<T>(read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text)
    } catch (error) {
      throw new InvalidArgumentError(`${error instanceof Error ? error.message : String(error)}.`)
    }
  }
}

/** Of --from-day. */
export const dayNumber = said((text) => {
  if (!/^\d+$/.test(text)) throw new RangeError('expected a whole number, 0 the first day')
  return Number(text)
})
