import { canonicalHash } from '../canonical-hash.ts'

const ATTRIBUTES_FORMAT = 1

/** `texts`: an attribute that a record may hold several times (hashtags, genres). */
export type AttributeKind = 'text' | 'texts' | 'number'

/** Which attributes of an entity the features use. Others are not stored. */
export interface AttributesLayout {
  readonly entity: 'user' | 'item'
  readonly id: string
  readonly stored: readonly { name: string; kind: AttributeKind }[]
  /** Names that folds look up (the attributes of crosses): fixed at first sight. */
  readonly fixed: readonly string[]
  readonly placeByName: ReadonlyMap<string, number>
}

export function attributesLayout(
  entity: 'user' | 'item',
  declared: Record<string, AttributeKind>,
  used: ReadonlySet<string>,
  fixed: readonly string[],
): AttributesLayout {
  const stored = [...used].sort().map((name) => ({ name, kind: declared[name]! }))
  return {
    entity,
    id: canonicalHash({ format: ATTRIBUTES_FORMAT, entity, stored, fixed }),
    stored,
    fixed,
    placeByName: new Map(stored.map(({ name }, place) => [name, place])),
  }
}
