import type { CompiledFeatureSet } from '../feature-set.ts'

type Layouts = Pick<CompiledFeatureSet, 'layouts'>

/** What the re-keyed copies carry beside type and time, for the items' states of a set, in words. */
export function carriedFor({ layouts: { user, item } }: Layouts): string[] {
  const values = [...item.valueTypes].map((type) => `the value of ${type}`)
  const lists = user.own.flatMap(({ carries }) =>
    carries === undefined
      ? []
      : [`the user's last items by ${[...carries.types].join(', ')} (${carries.listHash.toString(16)})`],
  )
  return [...values, ...lists].sort()
}

/**
 * What a set counts of copies that were written for another one, and they do not carry: of that its states begin with the copies
 * that are written after the restart, whatever is replayed.
 */
export function lacksInCopies(was: Layouts, will: Layouts): string[] {
  const carried = new Set(carriedFor(was))
  return carriedFor(will).filter((detail) => !carried.has(detail))
}

export const lackWords = (lacks: readonly string[]): string =>
  `The copies that are written now do not carry ${lacks.join('; ')}: what items count of it begins with the restart, also after a backfill`
