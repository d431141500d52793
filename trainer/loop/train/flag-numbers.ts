import { InvalidArgumentError } from 'commander'

const numberOf = (what: string, isFit: (value: number) => boolean) => (text: string) => {
  const value = Number(text)
  if (text.trim() !== '' && isFit(value)) return value
  throw new InvalidArgumentError(`expected ${what}.`)
}
export const positiveOf = numberOf('a number above 0', (value) => value > 0 && Number.isFinite(value))
export const shareOf = numberOf('a share above 0 and below 1, like 0.15', (value) => value > 0 && value < 1)
export const wholeOf = numberOf(
  'a whole number from 1 on',
  (value) => Number.isSafeInteger(value) && value >= 1,
)
