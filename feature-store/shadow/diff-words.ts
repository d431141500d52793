import { table } from '#streams'
import type { Parting, StatesComparison } from './compare-states.ts'

const FEATURES_TOLD = 10

export function diffText(
  { topics, features, partings, isEqual }: StatesComparison,
  left: string,
  right: string,
): string {
  const rows = topics.map(({ topic, by, compared, different, onlyLeft, onlyRight, moving }) => [
    topic,
    by,
    compared,
    different,
    onlyLeft,
    onlyRight,
    moving,
  ])
  const columns = [
    'states from',
    'by',
    'compared',
    'different',
    `only ${left}`,
    `only ${right}`,
    'still moving',
  ]
  const lines = [table(columns, rows)]
  if (features.length > 0)
    lines.push(
      table(
        ['worst features', 'keys', 'largest difference'],
        features
          .slice(0, FEATURES_TOLD)
          .map(({ feature, keys, largest }) => [feature, keys, largest.toPrecision(3)]),
      ),
    )
  lines.push(...partings.map((parting) => partingText(parting, left, right)))
  lines.push(isEqual ? `${left} and ${right} are equal.` : `${left} and ${right} differ.`)
  return lines.join('\n\n')
}

function partingText(
  { topic, partition, id, offset, left: ours, right: theirs }: Parting,
  left: string,
  right: string,
) {
  const side = (name: string, state: object | null) =>
    `  ${name}: ${state === null ? 'nothing' : JSON.stringify(state)}`
  return [
    `${topic}[${String(partition)}] parts by offset ${String(offset)}, at key ${JSON.stringify(id)}:`,
    side(left, ours),
    side(right, theirs),
  ].join('\n')
}
