import { INJECTION_KINDS, injectionSchema, type Injection } from './config.ts'

/**
 * Reads `concept@90s` or `lag@2m`: what, and how long after the feed's start in wall time.
 *
 * @param speed feed seconds per wall second
 * @throws RangeError with a sentence for the user
 * @example
 * parseInjection('concept@90s', 60) // { kind: 'concept', atMinutes: 90, forMinutes: 10 }
 */
export function parseInjection(text: string, speed: number): Injection {
  const match = /^([a-z]+)@(\d+(?:\.\d+)?)(s|m|h)$/.exec(text)
  const kind = INJECTION_KINDS.find((known) => known === match?.[1])
  if (match === null || kind === undefined) {
    throw new RangeError(
      `--drift ${text}: expected KIND@TIME, KIND one of ${INJECTION_KINDS.join(', ')}, TIME like 90s or 2m`,
    )
  }
  const wallMinutes = Number(match[2]) * { s: 1 / 60, m: 1, h: 60 }[match[3] as 's' | 'm' | 'h']
  return injectionSchema.parse({ kind, atMinutes: wallMinutes * speed })
}

/**
 * Reads a clock speed: `60x` or `60`.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseSpeed(text: string): number {
  const match = /^(\d+(?:\.\d+)?)x?$/.exec(text)
  const speed = Number(match?.[1])
  if (match === null || !(speed > 0))
    throw new RangeError(`--speed ${text}: expected a number of feed seconds per second, like 60x`)
  return speed
}
