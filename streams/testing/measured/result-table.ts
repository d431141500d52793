import { table } from '../../table.ts'
import type { Measured, ResultTable } from './result-file.ts'
import { spreadOf, spreadText } from './spread.ts'

/** For terminals. */
export function tableText(result: ResultTable): string {
  return table(titlesOf(result), cellsOf(result))
}

/** For READMEs, laid out as prettier does it. */
export function tableMarkdown(result: ResultTable): string {
  const rows = [titlesOf(result), ...cellsOf(result)].map((row) =>
    row.map((cell) => cell.replaceAll('|', '\\|')),
  )
  const widths = result.columns.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const [head, ...body] = rows
  return [line(head!), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}

/** One sentence: when, on what, from which commit, with which command. */
export function measuredText({ date, machine, commit, command, transcribed }: Measured): string {
  const cores = `${String(machine.cpus)} cores${machine.model === '' ? '' : ` (${machine.model})`}`
  const facts = `${date}, ${cores}, Node ${machine.node.replace(/^v/, '')}, commit ${commit}: \`${command}\`.`
  return transcribed === undefined ? facts : `${facts} Transcribed from ${transcribed}.`
}

const titlesOf = ({ columns }: ResultTable) => columns.map(({ title }) => title)

function cellsOf({ columns, rows }: ResultTable): string[][] {
  return rows.map((row) =>
    columns.map(({ digits }, column) => {
      const cell = row[column] ?? ''
      if (typeof cell === 'string') return cell
      return cell.length === 0 ? '' : spreadText(spreadOf(cell), digits)
    }),
  )
}
