import type { ResultFile } from '#streams/testing'

export interface GenericCost {
  /** A kind of definition, or all of them. */
  title: string
  columns: number
  /** CPU microseconds an interaction, round by round. */
  foldMicros: number[]
  /** CPU microseconds a row, which is one candidate of a request, round by round. */
  rowMicros: number[]
}

/** The dearest first; what is no kind stays where it is: first and last. */
export function costsOf(measured: readonly GenericCost[]): GenericCost[] {
  const [base, ...rest] = measured
  const whole = rest.pop()
  const least = ({ foldMicros, rowMicros }: GenericCost) => Math.min(...foldMicros) + Math.min(...rowMicros)
  return [base!, ...rest.sort((a, b) => least(b) - least(a)), whole!]
}

export function genericTable(costs: readonly GenericCost[]): ResultFile['tables'][string] {
  return {
    columns: [
      { title: 'definitions' },
      { title: 'columns', digits: 0 },
      { title: 'CPU µs an interaction', digits: 2 },
      { title: 'CPU µs a candidate', digits: 2 },
    ],
    rows: costs.map(({ title, columns, foldMicros, rowMicros }) => [title, [columns], foldMicros, rowMicros]),
  }
}
