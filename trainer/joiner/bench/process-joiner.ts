import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { Command, InvalidArgumentError } from 'commander'
import { tableText, writeResults } from '#streams/testing'
import { type JoinerRun, joinerRunSchema } from './joiner-run.ts'
import { joinerTable } from './joiner-table.ts'

const run = promisify(execFile)

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('must be a positive whole number.')
}
const positives = (text: string): number[] => text.split(',').map(positive)

const program = new Command('bench').description('measure the joiner with many predictions waiting')
program
  .command('joiner')
  .description('predictions of ten items with 40 features wait in memory and on disk, and mature')
  .option('--json <file>', 'write all numbers there')
  .option('--pending <n,n>', 'how many wait', positives, [10_000, 100_000, 1_000_000, 2_000_000])
  .option('--memory <mib>', 'trainer.limits.pendingBytesMax', positive, 1_024)
  .action(measure)
await program.parseAsync()

/** Each size in a process of its own: their memory is told apart. */
async function measure({ json, pending, memory }: { json?: string; pending: number[]; memory: number }) {
  const runs: JoinerRun[] = []
  for (const waiting of pending) {
    const file = path.join(import.meta.dirname, 'process-joiner-run.ts')
    const argv = [...process.execArgv, file, String(waiting), String(memory)]
    const { stdout } = await run(process.execPath, argv)
    runs.push(joinerRunSchema.parse(JSON.parse(stdout)))
    process.stderr.write(stdout)
  }
  const tables = { joiner: joinerTable(runs) }
  process.stdout.write(`${tableText(tables.joiner)}\n`)
  if (json !== undefined) writeResults(json, 'bench', { tables, details: { runs } })
}
