import { canonicalHash } from './canonical-hash.ts'
import type { CompiledFeatureSet } from './feature-set.ts'

/** A namespace that was served before, and until when it is kept. */
export interface KeptNamespace {
  namespace: string
  keepUntilMs: number
  /** Its keys are being removed: there is no way back to it. */
  isRemoving?: true
}

/** From which namespace the states of one set of layouts are read and kept. */
export interface Serving {
  namespace: string
  /** Wall clock. */
  sinceMs: number
  /** Newest last. */
  kept: KeptNamespace[]
}

/** Tells the layouts of one feed apart: sets with the same id keep the same states in the same bytes. */
export function statesIdOf({ layouts }: Pick<CompiledFeatureSet, 'layouts'>): string {
  const { user, item, userAttributes, itemAttributes } = layouts
  const ids = [user.id, item.id, userAttributes.id, itemAttributes.id]
  return canonicalHash(ids).slice(0, STATES_ID_DIGITS)
}
const STATES_ID_DIGITS = 8

/** Key of the pointer that readers and owners of these states follow; without one they are in the feed's own namespace. */
export const servingKey = (prefix: string, statesId: string): string => `${prefix}:@serving:${statesId}`

export const formatServing = (serving: Serving): string => JSON.stringify(serving)

export const parseServing = (text: string | null): Serving | null =>
  text === null ? null : (JSON.parse(text) as Serving)
