import { MISSING, STALE, TOO_OLD, UNSCORED } from '../contract.ts'
import { kindOf, nameOfDefinition, type ParsedDefinition } from '../definitions.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { originOf, type Origin } from '../origins.ts'
import type { AttributeValue } from '../attributes/attributes-state.ts'
import { durationOf } from '../vectors/duration-words.ts'
import type { EntityView } from '../vectors/entity-view.ts'
import { FLAG } from '../vectors/units.ts'
import { vectorise } from '../vectors/vectorise.ts'

/** All that one vector is made of. */
export interface ExplainedRow {
  readonly user: EntityView
  readonly item: EntityView
  /** The other candidates of the request. */
  readonly others: readonly EntityView[]
  readonly context: ReadonlyMap<string, AttributeValue>
  readonly feedRates: Float64Array
}

/** How long ago the newest evidence came. `atLeast`: the state does not tell these interactions apart from others. */
export interface Age {
  readonly ms: number
  readonly isAtLeast: boolean
}

export interface ExplainedColumn {
  readonly name: string
  /** As the model sees it. */
  readonly value: number
  readonly unit: string
  /** The same in words, or before it was scaled. */
  readonly says: string
  readonly isMissing: boolean
  /** Older than its maxAgeMinutes. */
  readonly isTooOld: boolean
  /** The stream behind the state lags. */
  readonly isStale: boolean
  /** The candidate is not scored because of it. */
  readonly isUnscored: boolean
}

export interface ExplainedFeature {
  readonly name: string
  readonly kind: string
  readonly meaning: string
  /** What it is made of, in words. */
  readonly from: string
  /** null: it has none, or there is no evidence. */
  readonly age: Age | null
  readonly columns: readonly ExplainedColumn[]
}

/** Every feature of one user and one candidate: what it is, of what, how old, and what it means. */
export function explainVector(featureSet: CompiledFeatureSet, row: ExplainedRow): ExplainedFeature[] {
  const { width, groups, config } = featureSet
  const items = [row.item, ...row.others]
  const vector = new Float32Array(width * items.length)
  const flags = new Uint8Array(width * items.length)
  vectorise(featureSet, { ...row, items }, vector, flags, 0)
  return groups.map(({ at, names }, place) => {
    const definition = config.features[place]!
    const units = kindOf(definition).units(definition)
    const origin = originOf(definition)
    return {
      name: nameOfDefinition(definition),
      kind: definition.kind,
      meaning: meaningOf(definition),
      from: wordsOf(definition, origin),
      age: ageOf(origin, row),
      columns: names.map((name, n) => {
        const unit = units[n] ?? FLAG
        const [value, bits] = [vector[at + n]!, flags[at + n]!]
        const isMissing = (bits & MISSING) !== 0
        return {
          name,
          value,
          unit: unit.text,
          says: isMissing ? 'nothing known' : unit.spoken(value),
          isMissing,
          isTooOld: (bits & TOO_OLD) !== 0,
          isStale: (bits & STALE) !== 0,
          isUnscored: (bits & UNSCORED) !== 0,
        }
      }),
    }
  })
}

/** What its kind means, and the settings that tell it from others of its kind. */
export function meaningOf(definition: ParsedDefinition): string {
  const settings: Record<string, unknown> = { ...definition }
  const told = Object.entries(SETTINGS).flatMap(([setting, words]) => {
    const value = settings[setting]
    return typeof value === 'number' || typeof value === 'string' ? [words(value as never)] : []
  })
  const { meaning } = kindOf(definition)
  return told.length === 0 ? meaning : `${meaning} Here: ${told.join(', ')}.`
}

const minutesWords = (minutes: number) => durationOf(minutes * 60_000)
const SETTINGS: Readonly<Record<string, (value: never) => string>> = {
  as: (as: string) => as,
  by: (by: string) => `by ${by}`,
  quantile: (quantile: number) => `quantile ${String(quantile)}`,
  halfLifeMinutes: (minutes: number) => `half-life ${minutesWords(minutes)}`,
  windowMinutes: (minutes: number) => `last ${minutesWords(minutes)}`,
  bucketMinutes: (minutes: number) => `tiles of ${minutesWords(minutes)}`,
  trials: (trials: number) => `last ${String(trials)} trials`,
  last: (last: number) => `the last ${String(last)}`,
  prior: (prior: number | string) => (prior === 'feed' ? "prior: the feed's rate" : `prior ${String(prior)}`),
  strength: (strength: number) => `worth ${String(strength)} trials`,
}

/** `user state (click, view) + item attributes`. */
export function wordsOf(definition: ParsedDefinition, origin: Origin): string {
  const { states, types, attributes, context, firstSeen } = origin
  const words = [
    ...states.map((entity) => `${entity} state (${types.join(', ')})`),
    ...attributes.map((entity) => `${entity} attributes`),
    ...(firstSeen === null ? [] : [`first record of the ${firstSeen}`]),
    ...(context ? ['request context'] : []),
    ...('prior' in definition && definition.prior === 'feed' ? ["the feed's rate"] : []),
  ]
  if (words.length > 0) return words.join(' + ')
  if (definition.kind === 'derived') return definition.inputs.join(', ')
  return definition.kind === 'relative' ? `${definition.to}, of all candidates` : 'request'
}

/** Of several entities the one that was told of longest ago, as for maxAgeMinutes. */
function ageOf({ states, types, attributes }: Origin, row: ExplainedRow): Age | null {
  const { atMs } = row.user
  const ages =
    states.length > 0
      ? states.map((entity) => stateAge(row[entity], types))
      : attributes.map((entity) => since(atMs, row[entity].valuesAtMs))
  return ages.reduce<Age | null>(
    (oldest, age) => (oldest === null || age === null || age.ms > oldest.ms ? age : oldest),
    ages[0] ?? null,
  )
}

const since = (atMs: number, momentMs: number, isAtLeast = false): Age | null =>
  momentMs < 0 ? null : { ms: Math.max(0, atMs - momentMs), isAtLeast }

/** Exact where the state keeps when these interactions came last; otherwise none of them is newer than its newest. */
function stateAge({ state, layout, atMs }: EntityView, types: readonly string[]): Age | null {
  if (state === null) return null
  const wanted = types.join()
  const place = layout.recencies.findIndex((recency) => recency.types.join() === wanted)
  if (place >= 0) return since(atMs, state.numbers[layout.places.recencies + place]!)
  return since(atMs, state.asOfMs, true)
}
