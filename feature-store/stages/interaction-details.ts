import type { Interaction, RecentItems } from '#schemas'
import type { CompiledFeatureSet } from '../feature-set.ts'
import type { EntityState } from '../state/entity-state.ts'
import { NO_DETAILS, type CarriedItems, type Details } from '../state/own-slot.ts'
import { itemHashOf } from '../state/recent-ids.ts'

type ToldInteraction = Pick<Interaction, 'type' | 'value' | 'itemId' | 'userId'>

/** What folds and copies are told of interactions beside type and time; live folds and replays share it. */
export interface InteractionDetails {
  /** @param user as it was before the interaction */
  of(interaction: ToldInteraction, user: EntityState): Details
  /** What of them the copy to the item takes along. */
  carried(type: string, details: Details): Details
  /** Whether features take its value for missing, because it is no number or beyond `limits.valueMax`. */
  isUnfit(interaction: ToldInteraction, details: Details): boolean
}

/** What is to be told of interactions of one type. */
interface Told {
  readonly value: boolean
  readonly valueCarried: boolean
  readonly item: boolean
  readonly lists: readonly (CarriedItems & { readonly at: number })[]
}

const NOTHING: InteractionDetails = {
  of: () => NO_DETAILS,
  carried: () => NO_DETAILS,
  isUnfit: () => false,
}

export function interactionDetails(featureSet: CompiledFeatureSet): InteractionDetails {
  const { valueMax } = featureSet.config.limits
  const toldByType = toldOf(featureSet)
  if (toldByType.size === 0) return NOTHING
  return {
    of({ type, value, itemId, userId }, { numbers }) {
      const told = toldByType.get(type)
      if (told === undefined) return NO_DETAILS
      const fit = told.value && value !== null && Math.abs(value) <= valueMax ? value : null
      if (!told.item) return fit === null ? NO_DETAILS : { value: fit, recentItems: NO_DETAILS.recentItems }
      const itemHash = itemHashOf(itemId)
      return { value: fit, itemHash, recentItems: recentItemsOf(told, numbers, { itemHash, userId }) }
    },
    carried(type, details) {
      const isCarried = toldByType.get(type)?.valueCarried ?? false
      return details.value === null || isCarried ? details : { ...details, value: null }
    },
    isUnfit: ({ type, value }, details) =>
      value !== null && details.value === null && (toldByType.get(type)?.value ?? false),
  }
}

function toldOf({ layouts: { user, item } }: CompiledFeatureSet): ReadonlyMap<string, Told> {
  const lists = user.own.flatMap(({ carries }, i) =>
    carries === undefined ? [] : [{ ...carries, at: user.places.own[i]! }],
  )
  const carrying = lists.flatMap(({ types }) => [...types])
  const types = new Set([...user.valueTypes, ...item.valueTypes, ...user.itemTypes, ...carrying])
  return new Map(
    [...types].map((type) => [
      type,
      {
        value: user.valueTypes.has(type) || item.valueTypes.has(type),
        valueCarried: item.valueTypes.has(type),
        item: user.itemTypes.has(type) || carrying.includes(type),
        lists: lists.filter((list) => list.types.has(type)),
      },
    ]),
  )
}

function recentItemsOf(
  { lists }: Told,
  numbers: readonly number[],
  { itemHash, userId }: { itemHash: number; userId: string },
): RecentItems[] {
  const found: RecentItems[] = []
  for (const { listHash, at, items } of lists) {
    const hashes = items(numbers, at, itemHash, userId)
    if (hashes.length > 0) found.push({ listHash, itemHashes: hashes })
  }
  return found
}
