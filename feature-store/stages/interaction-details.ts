import type { Interaction } from '#schemas'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { NO_DETAILS, type Details } from '../state/own-slot.ts'

/** Of a value that is no number or too large: it is folded as if there were none, like an attribute that does not fit. */
export const UNFIT: Details = { value: null }

/** What folds are told of an interaction beside its type and time; live folds and replays share it. */
export function interactionDetails({
  layouts,
  config,
}: CompiledFeatureSet): (interaction: Pick<Interaction, 'type' | 'value'>) => Details {
  const { valueMax } = config.limits
  const types = new Set([...layouts.user.valueTypes, ...layouts.item.valueTypes])
  if (types.size === 0) return () => NO_DETAILS
  return ({ type, value }) => {
    if (value === null || !types.has(type)) return NO_DETAILS
    return Math.abs(value) <= valueMax ? { value } : UNFIT
  }
}
