import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { Command, InvalidArgumentError } from 'commander'
import { tableText, writeResults } from '#streams/testing'
import { openPythonPeer, type PythonPeer } from '../testing/process-python-peer.ts'
import { type TrainRow, type TrainRun, trainRunSchema } from './train-run.ts'
import { ftrlTable, trainTable } from './train-table.ts'

const run = promisify(execFile)
const OWN = ['gbdt'] as const
const PEERS = ['lightgbm', 'xgboost', 'scikit-learn'] as const
const FTRL_ROWS = 500_000
const peersScript = path.join(import.meta.dirname, 'peers', 'train_peers.py')

interface Options {
  json?: string
  rounds: number
  rows: number[]
  threads: number[]
}

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('must be a positive whole number.')
}
const positives = (text: string): number[] => text.split(',').map(positive)

const program = new Command('bench').description('measure learners beside what else does the job')
program
  .command('train')
  .description('100 trees of 31 leaves on 32 columns beside LightGBM, XGBoost and scikit-learn; FTRL')
  .option('--json <file>', 'write all numbers there')
  .option('--rounds <n>', 'how often each contestant runs', positive, 3)
  .option('--rows <n,n>', 'sizes of the table', positives, [50_000, 500_000])
  .option('--threads <n,n>', 'threads of a fit', positives, [1, 2])
  .action(train)
await program.parseAsync()

async function train({ json, rounds, rows, threads }: Options): Promise<void> {
  const python = await openPythonPeer()
  const measured: TrainRow[] = []
  for (const count of rows) {
    const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-train-'))
    try {
      await python.run(peersScript, ['make', folder, String(count)])
      for (const number of threads)
        measured.push(await contest(python, folder, { rows: count, threads: number, rounds }))
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  const ftrlRuns = await measureFtrl(python, rounds)
  const tables = { train: trainTable(measured), ftrl: ftrlTable(FTRL_ROWS, ftrlRuns) }
  process.stdout.write(`${tableText(tables.train)}\n\n${tableText(tables.ftrl)}\n`)
  if (json !== undefined) writeResults(json, 'bench', { tables, details: { measured, ftrlRuns } })
}

/** One contestant after another, round by round, each in a process of its own. */
async function contest(
  python: PythonPeer,
  folder: string,
  { rows, threads, rounds }: { rows: number; threads: number; rounds: number },
): Promise<TrainRow> {
  const argv = [folder, String(rows), String(threads)]
  const runs: TrainRow['runs'] = {}
  for (let round = 0; round < rounds; round++) {
    for (const learner of OWN) (runs[learner] ??= []).push(told(learner, argv, await runOwn(learner, argv)))
    for (const peer of PEERS)
      (runs[peer] ??= []).push(told(peer, argv, await python.run(peersScript, [peer, ...argv])))
  }
  return { rows, threads, runs }
}

async function measureFtrl(python: PythonPeer, rounds: number): Promise<TrainRun[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-train-'))
  try {
    const argv = [folder, String(FTRL_ROWS), '1']
    await python.run(peersScript, ['make', folder, String(FTRL_ROWS)])
    const runs: TrainRun[] = []
    for (let round = 0; round < rounds; round++) runs.push(told('ftrl', argv, await runOwn('ftrl', argv)))
    return runs
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function runOwn(learner: string, argv: readonly string[]): Promise<string> {
  const own = path.join(import.meta.dirname, 'process-train-own.ts')
  const { stdout } = await run(process.execPath, [...process.execArgv, own, learner, ...argv])
  return stdout
}

function told(learner: string, [, rows, threads]: readonly string[], line: string): TrainRun {
  const made = trainRunSchema.parse(JSON.parse(line))
  process.stderr.write(`${learner}, ${rows ?? ''} rows, ${threads ?? ''} threads: ${JSON.stringify(made)}\n`)
  return made
}
