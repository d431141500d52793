import { InvalidArgumentError } from 'commander'

/** Where a replay begins or ends. */
export type Moment = { kind: 'offset'; offset: number } | { kind: 'time'; atMs: number } | { kind: 'now' }

const UNITS_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * `0` (an offset of every partition), `2026-11-29T10:00:00Z`, `6h` (ago: s, m, h or d), `now`.
 *
 * @throws InvalidArgumentError
 */
export function parseMoment(text: string, nowMs: number): Moment {
  if (text === 'now') return { kind: 'now' }
  if (/^\d+$/.test(text)) return { kind: 'offset', offset: Number(text) }
  const ago = durationMs(text)
  if (ago !== null) return { kind: 'time', atMs: nowMs - ago }
  const atMs = Date.parse(text)
  if (/^\d{4}-\d\d-\d\d/.test(text) && Number.isFinite(atMs)) return { kind: 'time', atMs }
  throw new InvalidArgumentError(
    'must be an offset (0), a time (2026-11-29T10:00:00Z), a time ago (6h) or now.',
  )
}

/** `500/s` or `500`. @throws InvalidArgumentError */
export function parseRate(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text)
  const rate = Number(found?.[1])
  if (found !== null && rate > 0) return rate
  throw new InvalidArgumentError('must be interactions a second, such as 5000/s.')
}

/** `5000`. @throws InvalidArgumentError */
export function parseCount(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('must be a number of records.')
}

/** `24h`. @throws InvalidArgumentError */
export function parseDuration(text: string): number {
  const ms = durationMs(text)
  if (ms !== null) return ms
  throw new InvalidArgumentError('must be a time, such as 30m, 24h or 7d.')
}

function durationMs(text: string): number | null {
  const found = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text)
  return found === null ? null : Number(found[1]) * UNITS_MS[found[2]!]!
}
