import { TOO_OLD, UNSCORED, type FeatureSet } from './contract.ts'

const NONE: ReadonlyMap<number, string> = new Map()

/**
 * Rows that are not to be scored, with the reason: `missing:<column>` or `too_old:<column>`, of the first feature that asks for
 * it (whenMissing: 'dropCandidate'). Costs nothing where no feature does.
 *
 * @param flags rows x width
 */
export function unscoredRows(
  { required = [], names, width }: FeatureSet,
  flags: Uint8Array,
): ReadonlyMap<number, string> {
  if (required.length === 0) return NONE
  const found = new Map<number, string>()
  for (let base = 0, row = 0; base < flags.length; base += width, row++) {
    for (const column of required) {
      const bits = flags[base + column]!
      if ((bits & UNSCORED) === 0) continue
      found.set(row, `${(bits & TOO_OLD) === 0 ? 'missing' : 'too_old'}:${names[column]!}`)
      break
    }
  }
  return found
}
