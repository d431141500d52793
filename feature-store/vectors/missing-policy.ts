import { MISSING, STALE, TOO_OLD, UNSCORED } from '../contract.ts'
import type { NewestEvidence } from '../origins.ts'
import { MISSING_SUFFIX, type Columns } from './columns.ts'

/** What a definition says of a value that is missing, or whose newest evidence is too old. */
export interface MissingPolicy {
  /** Infinity: nothing is too old. */
  readonly maxAgeMs: number
  readonly whenMissing: 'default' | 'flag' | 'dropCandidate'
  /** Of the first column while it is missing. */
  readonly value: number
}

/**
 * Columns that hold to a policy: what is missing, was never told of, or is too old becomes the default, in all of them
 * alike, and is flagged; the column `<name>__missing` says so where there is one. Live answers, backtests and audits share it.
 */
export function withPolicy(columns: Columns, policy: MissingPolicy, newestAt: NewestEvidence): Columns {
  const { suffixes } = columns
  const own = suffixes.indexOf(MISSING_SUFFIX)
  const isAdded = own < 0 && policy.whenMissing === 'flag'
  const settle = settler(policy, { count: suffixes.length, missingAt: isAdded ? suffixes.length : own })
  const rest = { ...columns, suffixes: isAdded ? [...suffixes, MISSING_SUFFIX] : suffixes }
  if (columns.scope === 'list') {
    const { writeList } = columns
    return {
      ...rest,
      scope: 'list',
      writeList(rows, at) {
        writeList(rows, at)
        const { vectors, flags, base, count, width } = rows
        for (let row = 0; row < count; row++) {
          const first = base + row * width + at
          if ((flags[first]! & MISSING) !== 0) settle(vectors, flags, first, 0)
        }
      },
    }
  }
  const { write } = columns
  return {
    ...rest,
    scope: columns.scope,
    write(input, vector, flags, at) {
      write(input, vector, flags, at)
      const newestAtMs = newestAt(input)
      const isTooOld = newestAtMs >= 0 && input.user.atMs - newestAtMs > policy.maxAgeMs
      if (isTooOld) settle(vector, flags, at, TOO_OLD)
      else if (newestAtMs < 0 || (flags[at]! & MISSING) !== 0) settle(vector, flags, at, 0)
    },
  }
}

type Settle = (vector: Float32Array, flags: Uint8Array, at: number, why: number) => void

/** @param missingAt of the column that says so, -1: there is none */
function settler(
  { whenMissing, value }: MissingPolicy,
  { count, missingAt }: { count: number; missingAt: number },
): Settle {
  return (vector, flags, at, why) => {
    const stale = flags[at]! & STALE
    vector.fill(0, at, at + count)
    flags.fill(MISSING | why | stale, at, at + count)
    vector[at] = value
    if (missingAt >= 0) {
      vector[at + missingAt] = 1
      flags[at + missingAt] = stale
    }
    if (whenMissing === 'dropCandidate') flags[at]! |= UNSCORED
  }
}
