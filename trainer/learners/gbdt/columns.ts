import type { LearnerTask } from '../learner.ts'
import type { GbdtConfig } from './settings.ts'

/** What is known of a column before its values are seen. */
export interface ColumnRule {
  isCategorical: boolean
  /** 1: the score may only rise with it, -1: only fall, 0: either. */
  direction: -1 | 0 | 1
}

type Named = Pick<GbdtConfig, 'increasing' | 'decreasing' | 'categorical'>

/** One rule per column. A name may stand in one list only; throws when there is no such column. */
export function columnRulesOf(
  { increasing, decreasing, categorical }: Named,
  { width, columns }: Pick<LearnerTask, 'width' | 'columns'>,
): ColumnRule[] {
  const names = columns ?? Array.from({ length: width }, (_, column) => String(column))
  const named = [...increasing, ...decreasing, ...categorical]
  const unknown = named.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`there is no column ${unknown}; there are ${names.join(', ')}`)
  const twice = named.find((name, at) => named.indexOf(name) !== at)
  if (twice !== undefined)
    throw new Error(`${twice} must stand once in increasing, decreasing and categorical together`)
  return names.map((name) => ({
    isCategorical: categorical.includes(name),
    direction: increasing.includes(name) ? 1 : decreasing.includes(name) ? -1 : 0,
  }))
}
