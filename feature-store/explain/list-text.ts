import { table } from '#streams'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { kindOf, nameOfDefinition } from '../definitions.ts'
import { originOf } from '../origins.ts'
import { durationOf } from '../vectors/duration-words.ts'
import { MISSING_SUFFIX } from '../vectors/columns.ts'
import { FLAG } from '../vectors/units.ts'
import { meaningOf, wordsOf } from './explain-vector.ts'

export interface ListedColumn {
  readonly column: string
  readonly feature: string
  readonly kind: string
  readonly type: 'number' | 'flag' | 'bucket'
  readonly unit: string
  /** What it holds while nothing is known, as far as its definition says. */
  readonly default: number
  readonly maxAgeMinutes: number | null
  /** As its definition says, or as its kind does by itself: `flag` where it has a column for that. */
  readonly whenMissing: 'default' | 'flag' | 'dropCandidate'
  readonly from: string
  readonly meaning: string
}

/** Every column of the vector, in its order, with all that its definition says of it. */
export function listedColumns({ groups, config }: CompiledFeatureSet): ListedColumn[] {
  return groups.flatMap(({ names }, place) => {
    const definition = config.features[place]!
    const told = kindOf(definition).units(definition)
    const meaning = meaningOf(definition)
    const usual = names.some((name) => name.endsWith(MISSING_SUFFIX)) ? 'flag' : 'default'
    return names.map((column, n): ListedColumn => {
      const unit = told[n] ?? FLAG
      return {
        column,
        feature: nameOfDefinition(definition),
        kind: definition.kind,
        type: unit === FLAG ? 'flag' : unit.text === 'bucket' ? 'bucket' : 'number',
        unit: unit.text,
        default: n === 0 ? (definition.default ?? 0) : 0,
        maxAgeMinutes: definition.maxAgeMinutes ?? null,
        whenMissing: definition.whenMissing ?? usual,
        from: wordsOf(definition, originOf(definition)),
        meaning,
      }
    })
  })
}

export function listText(featureSet: CompiledFeatureSet): string {
  const columns = listedColumns(featureSet)
  const rows = columns.map((column, n) => {
    const isFirst = columns[n - 1]?.feature !== column.feature
    return [
      column.column,
      column.type,
      column.unit,
      String(column.default),
      column.maxAgeMinutes === null ? '-' : durationOf(column.maxAgeMinutes * 60_000),
      column.whenMissing,
      isFirst ? column.from : '',
      isFirst ? column.meaning : '',
    ]
  })
  const heads = ['column', 'type', 'unit', 'default', 'max age', 'when missing', 'from', 'meaning']
  return `${featureSet.id}, ${String(featureSet.width)} columns\n\n${table(heads, rows)}`
}
