import type { AttributesLayout } from '../attributes/attributes-layout.ts'
import type { AttributeValue } from '../attributes/attributes-state.ts'
import { MISSING, STALE } from '../contract.ts'
import { nameOfDefinition, type ParsedDefinition } from '../definitions.ts'
import { mapKeyOf, type LayoutBuilder } from '../state/layout.ts'
import { countInWindow } from '../state/window.ts'
import { counterAt, mapCounterAt, mapEntryAt, type EntityView } from './entity-view.ts'
import {
  hashedBucket,
  scaledCount,
  scaledMinutes,
  scaledNumber,
  scaledRate,
  type NumberScale,
} from './scales.ts'

/** All that one row may depend on. */
export interface RowInput {
  user: EntityView
  item: EntityView
  /** Attributes that came with the request. */
  context: ReadonlyMap<string, AttributeValue>
}

/** Writes a row's columns into zeroed memory. */
export type ColumnWriter = (input: RowInput, vector: Float32Array, flags: Uint8Array, base: number) => void

/** A definition's columns. */
export interface ColumnGroup {
  /** `request`: the same for all candidates of a request, computed once. */
  readonly scope: 'request' | 'candidate'
  readonly names: readonly string[]
  readonly write: ColumnWriter
}

export interface ColumnSources {
  builders: { user: LayoutBuilder; item: LayoutBuilder }
  attributes: { user: AttributesLayout; item: AttributesLayout }
}

type Value = (input: RowInput) => number
type Side = { from: 'user' | 'item' | 'context'; attribute: string }

/** Compiles one definition; `at` is its first column. Reserves the state it needs in the layout builders. */
export function compileColumns(
  definition: ParsedDefinition,
  at: number,
  sources: ColumnSources,
): ColumnGroup {
  const name = nameOfDefinition(definition)
  switch (definition.kind) {
    case 'decayedCount': {
      const { entity } = definition
      const place = sources.builders[entity].counter(definition.of, definition.halfLifeMinutes)
      return ofState(name, entity, at, (input) => scaledCount(counterAt(input[entity], place)))
    }
    case 'windowedCount': {
      const { entity, windowMinutes, bucketMinutes } = definition
      const place = sources.builders[entity].window(definition.of, windowMinutes, bucketMinutes)
      return ofState(name, entity, at, (input) => {
        const { state, atMs, layout } = input[entity]
        if (state === null) return 0
        return scaledCount(
          countInWindow(state.numbers, layout.places.windows[place]!, layout.windows[place]!, atMs),
        )
      })
    }
    case 'smoothedRate': {
      const { entity, prior, strength, halfLifeMinutes = null } = definition
      const successes = sources.builders[entity].counter(definition.of, halfLifeMinutes)
      const trials = sources.builders[entity].counter(definition.per, halfLifeMinutes)
      return ofState(name, entity, at, (input) =>
        scaledRate(counterAt(input[entity], successes), counterAt(input[entity], trials), prior, strength),
      )
    }
    case 'recency': {
      const { entity } = definition
      const place = sources.builders[entity].recency(definition.of)
      return withMissing(name, entity, at, entity, (input) => {
        const { state, layout } = input[entity]
        const lastAtMs = state?.numbers[layout.places.recencies + place] ?? -1
        return lastAtMs < 0 ? null : scaledMinutes(input[entity].atMs - lastAtMs)
      })
    }
    case 'age': {
      const { entity } = definition
      return withMissing(name, entity, at, null, (input) => {
        const { firstAtMs, atMs } = input[entity]
        return firstAtMs < 0 ? null : scaledMinutes(atMs - firstAtMs)
      })
    }
    case 'attribute':
      return attributeColumns(
        name,
        { from: definition.entity, attribute: definition.attribute },
        definition,
        at,
        sources,
      )
    case 'contextAttribute':
      return attributeColumns(
        name,
        { from: 'context', attribute: definition.attribute },
        definition,
        at,
        sources,
      )
    case 'cross':
      return crossColumns(name, definition, at, sources)
    case 'product':
      return productColumns(name, definition.left, definition.right, at, sources)
  }
}

function crossColumns(
  name: string,
  definition: Extract<ParsedDefinition, { kind: 'cross' }>,
  at: number,
  { builders, attributes }: ColumnSources,
): ColumnGroup {
  const { by, bands = null, prior, strength, halfLifeMinutes, valuesMax } = definition
  const map = builders.user.map(by, bands, valuesMax)
  const successes = builders.user.mapCounter(map, definition.of, halfLifeMinutes)
  const trials = builders.user.mapCounter(map, definition.per, halfLifeMinutes)
  const place = attributes.item.placeByName.get(by)!
  const slot = { bands }
  return withMissing(name, 'item', at, 'user', ({ user, item }) => {
    const key = mapKeyOf(slot, item.values?.[place])
    if (key === null) return null
    const entry = mapEntryAt(user, map, key)
    return scaledRate(
      mapCounterAt(user, map, entry, successes),
      mapCounterAt(user, map, entry, trials),
      prior,
      strength,
    )
  })
}

function attributeColumns(
  name: string,
  side: Side,
  {
    as,
    scale,
  }: { as: 'number' | { oneHot: string[] } | { hashed: number }; scale?: NumberScale | undefined },
  at: number,
  sources: ColumnSources,
): ColumnGroup {
  const valueOf = attributeReader(side, sources)
  if (as === 'number') {
    return withMissing(name, side.from, at, null, (input) => {
      const value = valueOf(input)
      return typeof value === 'number' ? scaledNumber(value, scale) : null
    })
  }
  if ('oneHot' in as) {
    const places = new Map(as.oneHot.map((value, place) => [value, place]))
    return oneHotColumns(name, as.oneHot, side.from, at, (input) => {
      const value = valueOf(input)
      return typeof value === 'string' ? (places.get(value) ?? -1) : null
    })
  }
  const buckets = Array.from({ length: as.hashed }, (_, bucket) => `#${String(bucket)}`)
  return oneHotColumns(name, buckets, side.from, at, (input) => {
    const value = valueOf(input)
    return typeof value === 'string' ? hashedBucket(value, as.hashed) : null
  })
}

function productColumns(
  name: string,
  left: Side & { values: string[] },
  right: Side & { values: string[] },
  at: number,
  sources: ColumnSources,
): ColumnGroup {
  const leftValue = attributeReader(left, sources)
  const rightValue = attributeReader(right, sources)
  const pairs = left.values.flatMap((l) => right.values.map((r) => `${l}*${r}`))
  const from = left.from === 'item' || right.from === 'item' ? 'item' : left.from
  return oneHotColumns(name, pairs, from, at, (input) => {
    const l = leftValue(input)
    const r = rightValue(input)
    if (typeof l !== 'string' || typeof r !== 'string') return null
    const row = left.values.indexOf(l)
    const column = right.values.indexOf(r)
    return row < 0 || column < 0 ? -1 : row * right.values.length + column
  })
}

function attributeReader({ from, attribute }: Side, { attributes }: ColumnSources) {
  if (from === 'context') return ({ context }: RowInput) => context.get(attribute) ?? null
  const place = attributes[from].placeByName.get(attribute)!
  return (input: RowInput) => input[from].values?.[place] ?? null
}

const scopeOf = (from: 'user' | 'item' | 'context') => (from === 'item' ? 'candidate' : 'request')

/** One column that is never missing: an entity without interactions has really none. */
function ofState(name: string, entity: 'user' | 'item', at: number, value: Value): ColumnGroup {
  return {
    scope: scopeOf(entity),
    names: [name],
    write(input, vector, flags, base) {
      vector[base + at] = value(input)
      if (input[entity].stale) flags[base + at] = STALE
    },
  }
}

/** The value, 0 when missing, and a column that says so. `staleAs`: whose state it came from. */
function withMissing(
  name: string,
  from: 'user' | 'item' | 'context',
  at: number,
  staleAs: 'user' | 'item' | null,
  value: (input: RowInput) => number | null,
): ColumnGroup {
  return {
    scope: scopeOf(from),
    names: [name, `${name}__missing`],
    write(input, vector, flags, base) {
      const found = value(input)
      const stale = staleAs !== null && input[staleAs].stale ? STALE : 0
      vector[base + at] = found ?? 0
      vector[base + at + 1] = found === null ? 1 : 0
      flags[base + at] = (found === null ? MISSING : 0) | stale
      flags[base + at + 1] = stale
    },
  }
}

/** A column per value, at most one of them 1, and a column that says when the value is missing. */
function oneHotColumns(
  name: string,
  values: readonly string[],
  from: 'user' | 'item' | 'context',
  at: number,
  place: (input: RowInput) => number | null,
): ColumnGroup {
  const missingAt = at + values.length
  return {
    scope: scopeOf(from),
    names: [...values.map((value) => `${name}=${value}`), `${name}__missing`],
    write(input, vector, flags, base) {
      const found = place(input)
      if (found === null) {
        vector[base + missingAt] = 1
        flags.fill(MISSING, base + at, base + missingAt)
      } else if (found >= 0) vector[base + at + found] = 1
    },
  }
}
