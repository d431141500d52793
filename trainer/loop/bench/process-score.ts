import { Command, InvalidArgumentError } from 'commander'
import { openTestStack, tableText, writeResults } from '#streams/testing'
import { loadHttp } from './http-load.ts'
import { floodKafka, streamKafka } from './kafka-load.ts'
import { type ModelName, openScoreLoop, type ScoreLoop } from './kafka-score-loop.ts'
import { type FastApi, startFastApi } from './process-fastapi.ts'
import { CANDIDATES, COLUMNS, scoreRequests, TREES } from './score-feed.ts'
import { genericTable } from './generic-table.ts'
import { measureGeneric } from './process-generic.ts'
import { measureRetrain, retrainConfig } from './process-retrain.ts'
import { measureSkew } from './process-skew-cost.ts'
import { failedOf, retrainTable, type ScoreRow, type ScoreRun, scoreTable } from './score-table.ts'
import { skewTable } from './skew-table.ts'

const CONNECTIONS = [1, 16] as const
const BODIES = 200
const FLOOD_REQUESTS = 4_000
const FASTAPI_WORKERS = 2

interface Options {
  json?: string
  rounds: number
  seconds: number
  peers: boolean
}

interface RetrainOptions extends SkewOptions {
  rows: number
}

interface SkewOptions {
  json?: string
  rounds: number
  seconds: number
}

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('must be a positive whole number.')
}

const program = new Command('bench').description('measure the scorer beside what else does the job')
program
  .command('score')
  .description(
    `${String(CANDIDATES)} candidates x ${String(COLUMNS)} columns x ${String(TREES)} trees a request, by HTTP and by Kafka, beside FastAPI`,
  )
  .option('--json <file>', 'write all numbers there')
  .option('--rounds <n>', 'how often each contestant runs', positive, 3)
  .option('--seconds <n>', 'how long each load lasts', positive, 8)
  .option('--no-peers', 'feedloop alone')
  .action(score)
program
  .command('retrain')
  .description('what a retrain beside it does to the answers of the scorer, by Kafka at half load')
  .option('--json <file>', 'write all numbers there')
  .option('--rounds <n>', 'how often each is measured, in turn', positive, 5)
  .option('--seconds <n>', 'how long each load lasts', positive, 8)
  .option('--rows <n>', 'that are trained on', positive, 500_000)
  .action(retrain)
program
  .command('skew')
  .description('CPU time of run skew beside that of the scorer, by Kafka at half load')
  .option('--json <file>', 'write all numbers there')
  .option('--rounds <n>', 'how often it is measured', positive, 5)
  .option('--seconds <n>', 'how long each load lasts', positive, 8)
  .action(skew)
program
  .command('generic')
  .description('what the generic set of features costs by kind, CPU time of one process without services')
  .option('--json <file>', 'write all numbers there')
  .option('--rounds <n>', 'how often each kind is measured, in turn', positive, 3)
  .action(generic)
await program.parseAsync()

function generic({ json, rounds }: { json?: string; rounds: number }): void {
  const costs = measureGeneric(rounds, say)
  const table = genericTable(costs)
  process.stdout.write(`${tableText(table)}\n`)
  if (json !== undefined) writeResults(json, 'bench', { tables: { generic: table }, details: { costs } })
}

async function retrain({ json, rounds, seconds, rows }: RetrainOptions): Promise<void> {
  await onLoop(
    async (loop) => {
      const measured = await measureRetrain(loop, { rounds, seconds, rows }, say)
      const table = retrainTable(measured.runs)
      process.stdout.write(`${tableText(table)}\n`)
      if (measured.runs.some(({ rebuilt }) => rebuilt > 0)) process.exitCode = 1
      if (json !== undefined) writeResults(json, 'bench', { tables: { retrain: table }, details: measured })
    },
    { trainer: retrainConfig(rows) },
  )
}

async function skew({ json, rounds, seconds }: SkewOptions): Promise<void> {
  await onLoop(async (loop) => {
    const runs = await measureSkew(loop, { rounds, seconds }, say)
    const table = skewTable(runs)
    process.stdout.write(`${tableText(table)}\n`)
    if (runs.some(({ differing }) => differing > 0)) process.exitCode = 1
    if (json !== undefined) writeResults(json, 'bench', { tables: { skew: table }, details: { runs } })
  })
}

async function onLoop(
  measure: (loop: ScoreLoop) => Promise<void>,
  feed: { trainer?: Record<string, unknown> } = {},
): Promise<void> {
  const stack = await openTestStack(new AbortController().signal, say, { measured: true })
  try {
    const loop = await openScoreLoop(stack.addresses, say, feed)
    await measure(loop).finally(() => loop.close())
  } finally {
    await stack.close()
  }
}

async function score({ json, rounds, seconds, peers }: Options): Promise<void> {
  await onLoop(async (loop) => {
    const fastApi = peers ? await startFastApi(loop.models.trees.onnx, FASTAPI_WORKERS) : undefined
    const rows: ScoreRow[] = [
      { title: `feedloop, ${String(TREES)} trees`, runs: [] },
      { title: 'feedloop, linear', runs: [] },
      ...(fastApi
        ? [{ title: `FastAPI, ${String(FASTAPI_WORKERS)} workers, the same trees`, runs: [] }]
        : []),
    ]
    try {
      for (let round = 0; round < rounds; round++) {
        rows[0]!.runs.push(await ownRun(loop, { name: 'trees', round, seconds }))
        rows[1]!.runs.push(await ownRun(loop, { name: 'linear', round, seconds }))
        if (fastApi !== undefined) rows[2]!.runs.push(await peerRun(fastApi, loop, seconds))
        for (const { title, runs } of rows) say(`${title}: ${JSON.stringify(runs.at(-1))}`)
      }
    } finally {
      await fastApi?.close()
    }
    const table = scoreTable(rows, CONNECTIONS)
    process.stdout.write(`${tableText(table)}\n`)
    if (rows.some(({ runs }) => runs.some((run) => failedOf(run) > 0))) process.exitCode = 1
    if (json !== undefined) writeResults(json, 'bench', { tables: { score: table }, details: { rows } })
  })
}

async function ownRun(
  { own, url, serve }: ScoreLoop,
  { name, round, seconds }: { name: ModelName; round: number; seconds: number },
): Promise<ScoreRun> {
  await serve(name)
  const requests = scoreRequests(`score-${name}-${String(round)}`)
  const ask = () => requests.next().value!
  const bodies = Array.from({ length: BODIES }, () => JSON.stringify({ ...ask(), requestId: '[<id>]' }))
  const http: ScoreRun['http'] = {}
  for (const connections of CONNECTIONS)
    http[connections] = await loadHttp({
      url,
      connections,
      seconds,
      bodies,
      mustHold: '"fallbackReason":null',
    })
  const flood = await floodKafka(own.runtime, ask, FLOOD_REQUESTS)
  const half = await streamKafka(own.runtime, ask, { perSecond: flood.requestsPerSecond / 2, seconds })
  return { http, flood, half }
}

/** FastAPI is given the vectors: it reads no features, and writes nothing down. */
async function peerRun({ url }: FastApi, { rows }: ScoreLoop, seconds: number): Promise<ScoreRun> {
  const { vectors, width } = rows
  const bodies = Array.from({ length: BODIES }, (_, n) =>
    JSON.stringify({
      rows: Array.from({ length: CANDIDATES }, (_row, row) => {
        const from = (n * CANDIDATES + row) * width
        return [...vectors.subarray(from, from + width)]
      }),
    }),
  )
  const http: ScoreRun['http'] = {}
  for (const connections of CONNECTIONS)
    http[connections] = await loadHttp({ url, connections, seconds, bodies, mustHold: '"scores"' })
  return { http }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
