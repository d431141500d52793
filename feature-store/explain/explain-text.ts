import { table } from '#streams'
import { durationOf } from '../vectors/duration-words.ts'
import type { Age, ExplainedColumn, ExplainedFeature } from './explain-vector.ts'

/** More columns of a feature are shown only where they are not 0. */
const COLUMNS_SHOWN = 4

/** One row a column; what a feature means and is made of stands at its first. */
export function explainedTable(features: readonly ExplainedFeature[], isWhole: boolean): string {
  const rows = features.flatMap(({ columns, age, from, meaning }) => {
    const shown = isWhole || columns.length <= COLUMNS_SHOWN ? columns : columns.filter(isTelling)
    const left = columns.length - shown.length
    const told = shown.map((column, n) => [
      column.name,
      digits(column.value),
      column.unit,
      says(column),
      n === 0 ? ageWords(age) : '',
      n === 0 ? from : '',
      n === 0 ? meaning : '',
    ])
    if (left > 0) {
      const first = told.length === 0
      const rest = [
        left === 1 ? '  1 more column' : `  ${String(left)} more columns`,
        '0',
        '',
        '',
        first ? ageWords(age) : '',
      ]
      told.push([...rest, first ? from : '', first ? meaning : ''])
    }
    return told
  })
  return table(['feature', 'value', 'unit', 'says', 'age', 'from', 'meaning'], rows)
}

const isTelling = ({ value, isMissing }: ExplainedColumn) => value !== 0 && !isMissing

function says(column: ExplainedColumn): string {
  const { isMissing, isTooOld, isStale, isUnscored } = column
  const text = isTooOld ? 'too old' : column.says
  const notes = [
    ...(isMissing && column.value !== 0 ? ['the default'] : []),
    ...(isStale ? ['stale'] : []),
    ...(isUnscored ? ['candidate not scored'] : []),
  ]
  return notes.length === 0 ? text : `${text} (${notes.join(', ')})`
}

const ageWords = (age: Age | null) =>
  age === null ? '-' : `${age.isAtLeast ? 'at least ' : ''}${durationOf(age.ms)}`

const digits = (value: number) => String(Number(value.toPrecision(4)))
