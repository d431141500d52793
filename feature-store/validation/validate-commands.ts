import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { findTables, openRowsBar, openTableFile, type TableFile } from '../files/index.ts'
import { EXPECTATIONS } from './expectations/index.ts'
import { hintsBeside, readSuite, suiteBeside } from './fs-suite.ts'
import { inferSuite, SUSPECT_SHARE } from './infer.ts'
import { openSuite } from './suite.ts'
import { validateTables, type ValidateOptions } from './validate.ts'
import { verdictPage } from './verdict-page.ts'
import { verdictText } from './verdict-text.ts'

interface ValidateFlags {
  suite?: string
  infer?: boolean
  out?: string
  label?: string
  json?: string
  html?: string
  list?: boolean
}

/** `validate DATA`: whether data is what it should be. */
export function registerValidateCommand(program: Command): void {
  program
    .command('validate')
    .description(
      'judge a folder or file of CSV and Parquet by a suite of expectations; exit 1 when one is not met',
    )
    .argument('[data]', 'a folder, or a file')
    .option(
      '--suite <file>',
      'expectations as JSON of Great Expectations (default: suite.json beside the data, or by what most of its own rows are)',
    )
    .option('--infer', 'propose a suite by data that you trust, and judge nothing')
    .option('--out <file>', 'where --infer writes the suite (default: prints it)')
    .option(
      '--label <column>',
      'the column to be predicted, for what must not know it (default: by its name)',
    )
    .option('--json <file>', 'write the report as JSON')
    .option('--html <file>', 'write the report as one page')
    .option('--list', 'name all expectations, and nothing else')
    .action((data: string | undefined, flags: ValidateFlags, command: Command) => {
      if (flags.list === true) return void process.stdout.write(`${[...EXPECTATIONS.keys()].join('\n')}\n`)
      if (data === undefined) command.error('name the folder or file to judge', { exitCode: 2 })
      if (flags.infer === true && flags.suite !== undefined)
        command.error('give --infer or --suite, not both', { exitCode: 2 })
      return flags.infer === true ? propose(data, flags) : judge(data, flags)
    })
}

/** Bytes of a row of CSV, about: for the progress alone. */
const ROW_BYTES = 70

interface OpenedData {
  tables: TableFile[]
  notes: string[]
  /** For about so many readings of each table. */
  progress(passes: number): { onRows: NonNullable<ValidateOptions['onRows']>; end: () => void }
}

async function openData(data: string): Promise<OpenedData> {
  const { paths, notes } = findTables(data)
  const tables: TableFile[] = []
  for (const path of paths) tables.push(await openTableFile(path))
  const rows = tables.reduce((sum, { rowCount, bytes }) => sum + (rowCount ?? bytes / ROW_BYTES), 0)
  return {
    tables,
    notes,
    progress(passes) {
      const bar = openRowsBar(process.stderr, Math.round(rows * passes), 'rows')
      return {
        onRows(seen, table) {
          bar.show(seen, table)
          return new Promise((resolve) => setImmediate(resolve))
        },
        end: () => bar.end(),
      }
    },
  }
}

/** What `--infer` and `validate` without a suite know beside the rows. */
function inferOptions(data: string, { label }: ValidateFlags) {
  const hints = hintsBeside(data)
  return { ...hints, ...(label === undefined ? {} : { label }) }
}

async function propose(data: string, flags: ValidateFlags): Promise<void> {
  const { tables, notes, progress } = await openData(data)
  const { onRows, end } = progress(2)
  const inferred = await inferSuite({
    tables,
    faultShareMax: 0,
    onRows,
    ...inferOptions(data, flags),
  }).finally(end)
  for (const note of [...notes, ...inferred.notes]) process.stderr.write(`Note: ${note}\n`)
  const json = `${JSON.stringify(inferred.suite, null, 2)}\n`
  if (flags.out === undefined) return void process.stdout.write(json)
  await writeFile(flags.out, json)
  process.stdout.write(
    `Wrote ${flags.out}: ${String(inferred.suite.expectations.length)} expectations. Read them, then: npx feedloop validate DATA --suite ${flags.out}\n`,
  )
}

async function judge(data: string, flags: ValidateFlags): Promise<void> {
  const { tables, notes, progress } = await openData(data)
  const path = flags.suite ?? suiteBeside(data)
  const { onRows, end } = progress(path === undefined ? 3 : 1.2)
  const judging = async () => {
    if (path !== undefined) {
      const { expectations } = readSuite(path)
      return validateTables({ suite: path, expectations, tables, clockMs: Date.now(), onRows })
    }
    const inferred = await inferSuite({
      ...{ tables, faultShareMax: SUSPECT_SHARE, onRows },
      ...inferOptions(data, flags),
    })
    notes.push(
      ...inferred.notes,
      'there is no suite: judged by what nearly all of its own rows have in common. Values that are wrong in all rows, or rare ones, show only against a suite from data that you trust: --infer --out suite.json',
    )
    const { expectations } = openSuite(inferred.suite, 'the proposed suite')
    return validateTables({ suite: 'by its own rows', expectations, tables, clockMs: Date.now(), onRows })
  }
  const judged = await judging().finally(end)
  const report = { ...judged, notes: [...notes, ...judged.notes] }
  if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`)
  if (flags.html !== undefined) await writeFile(flags.html, verdictPage(report, { data }))
  process.stdout.write(verdictText(report))
  if (!report.success) process.exitCode = 1
}
