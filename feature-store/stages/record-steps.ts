import type { Interaction, Item, ItemInteractions, User } from '#schemas'
import {
  clampFuture,
  deadLetter,
  pass,
  refuseAbsurdTime,
  rightPartition,
  type Step,
  UTF8_BYTES_PER_UNIT_MAX,
  type Verdict,
} from '#streams'
import type { FeatureStoreConfig } from '../config.ts'
import { asExpected } from '../validation/stream-checks.ts'
import type { TellUnmet } from '../validation/unmet.ts'

type PartitionOf = (topic: 'interactions' | 'itemInteractions' | 'users' | 'items', key: string) => number

export interface RecordStepsOptions {
  config: FeatureStoreConfig
  /** Event time ahead of the broker: more is clamped. */
  futureSkewSecondsMax: number
  /** Event time ahead of the broker: more is dead-lettered. */
  farFutureSecondsMax: number
  /** Event time before it is dead-lettered. */
  earliestEventMs?: number | undefined
  partitionOf: PartitionOf
  /** Told of what is not as `features.validation.suite` expects; left out: a replay has nobody to tell. */
  tellUnmet?: TellUnmet | undefined
}

/** What each source's records must pass before they are folded. Pure: replays use the same steps. */
export interface RecordSteps {
  interactions: readonly Step<Interaction>[]
  itemInteractions: readonly Step<ItemInteractions>[]
  users: readonly Step<User>[]
  items: readonly Step<Item>[]
}

export function recordSteps(options: RecordStepsOptions): RecordSteps {
  const { config, futureSkewSecondsMax, farFutureSecondsMax, earliestEventMs, partitionOf, tellUnmet } =
    options
  const { idBytesMax } = config.limits
  const earliest = { earliestMs: earliestEventMs }
  const future = { skewSecondsMax: futureSkewSecondsMax, farSecondsMax: farFutureSecondsMax, ...earliest }
  const attributes = boundedAttributes(config.limits)
  return {
    interactions: [
      goodIds<Interaction>(idBytesMax, 'userId', 'itemId', 'interactionId'),
      rightPartition<Interaction>({
        field: 'userId',
        partitionOf: (key) => partitionOf('interactions', key),
      }),
      refuseAbsurdTime<Interaction>(earliest),
      clampFuture<Interaction>(future),
      knownType(config.interactionTypes),
      ...(config.validation.suite === undefined ? [] : [asExpected(config.validation.suite, tellUnmet)]),
    ],
    itemInteractions: [soundBundle(partitionOf)],
    users: [
      goodIds<User>(idBytesMax, 'userId'),
      rightPartition<User>({ field: 'userId', partitionOf: (key) => partitionOf('users', key) }),
      refuseAbsurdTime<User>(earliest),
      clampFuture<User>(future),
      attributes,
    ],
    items: [
      goodIds<Item>(idBytesMax, 'itemId'),
      rightPartition<Item>({ field: 'itemId', partitionOf: (key) => partitionOf('items', key) }),
      refuseAbsurdTime<Item>(earliest),
      clampFuture<Item>(future),
      attributes,
    ],
  }
}

function knownType(interactionTypes: readonly string[]): Step<Interaction> {
  const types = new Set(interactionTypes)
  return function knownType(record) {
    if (types.has(record.type)) return pass(record)
    return deadLetter('unknown_type', `${quoted(record.type)} is not in interactionTypes`)
  }
}

function goodIds<T>(idBytesMax: number, ...fields: (keyof T & string)[]): Step<T> {
  return function goodIds(record) {
    for (const field of fields) {
      const id = String(record[field])
      if (id === '') return deadLetter('empty_id', `${field} is empty`)
      if (id.length * UTF8_BYTES_PER_UNIT_MAX <= idBytesMax) continue // nearly all: not worth a way out of JavaScript
      const bytes = Buffer.byteLength(id)
      if (bytes > idBytesMax)
        return deadLetter('long_id', `${field} has ${String(bytes)} bytes, at most ${String(idBytesMax)}`)
    }
    return pass(record)
  }
}

function boundedAttributes({ attributesMax, attributeTextBytesMax }: FeatureStoreConfig['limits']) {
  return function boundedAttributes<T extends User | Item>(record: T): Verdict<T> {
    const { attributes } = record
    if (attributes.length > attributesMax) {
      return deadLetter(
        'many_attributes',
        `${String(attributes.length)} attributes, at most ${String(attributesMax)}`,
      )
    }
    const long = attributes.find(
      ({ text }) => text !== null && Buffer.byteLength(text) > attributeTextBytesMax,
    )
    if (long === undefined) return pass(record)
    return deadLetter(
      'long_attribute',
      `${quoted(long.name)} has more than ${String(attributeTextBytesMax)} bytes`,
    )
  }
}

/** Only we write bundles: one that is not as we write them is dead-lettered whole. */
function soundBundle(partitionOf: PartitionOf): Step<ItemInteractions> {
  return function soundBundle(bundle, { partition }) {
    const { items, types, details } = bundle
    if (details.some(({ value }) => value !== null && !Number.isFinite(value)))
      return deadLetter('unfit_value', 'the value of a copy is no number')
    for (const { itemId, copies } of items) {
      if (itemId === '') return deadLetter('empty_id', 'an itemId is empty')
      if (partitionOf('itemInteractions', itemId) !== partition)
        return deadLetter('wrong_partition', `item ${quoted(itemId)} belongs to another partition`)
      if (copies.some(({ typeIndex }) => types[typeIndex] === undefined))
        return deadLetter('unknown_type', `a copy for ${quoted(itemId)} names none of the bundle's types`)
    }
    return pass(bundle)
  }
}

const quoted = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text)
