import { Command, InvalidArgumentError } from 'commander'
import { openTestStack, tableText, writeResults } from '#streams/testing'
import { loadHttp } from './http-load.ts'
import { floodKafka, streamKafka } from './kafka-load.ts'
import { type ModelName, openScoreLoop, type ScoreLoop } from './kafka-score-loop.ts'
import { type FastApi, startFastApi } from './process-fastapi.ts'
import { CANDIDATES, COLUMNS, scoreRequests, TREES } from './score-feed.ts'
import { failedOf, type ScoreRow, type ScoreRun, scoreTable } from './score-table.ts'

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
await program.parseAsync()

async function score({ json, rounds, seconds, peers }: Options): Promise<void> {
  const stack = await openTestStack(new AbortController().signal, say, { measured: true })
  try {
    const loop = await openScoreLoop(stack.addresses, say)
    const fastApi = peers ? await startFastApi(loop.models.trees.onnx, FASTAPI_WORKERS) : undefined
    try {
      const rows: ScoreRow[] = [
        { title: `feedloop, ${String(TREES)} trees`, runs: [] },
        { title: 'feedloop, linear', runs: [] },
        ...(fastApi
          ? [{ title: `FastAPI, ${String(FASTAPI_WORKERS)} workers, the same trees`, runs: [] }]
          : []),
      ]
      for (let round = 0; round < rounds; round++) {
        rows[0]!.runs.push(await ownRun(loop, { name: 'trees', round, seconds }))
        rows[1]!.runs.push(await ownRun(loop, { name: 'linear', round, seconds }))
        if (fastApi !== undefined) rows[2]!.runs.push(await peerRun(fastApi, loop, seconds))
        for (const { title, runs } of rows) say(`${title}: ${JSON.stringify(runs.at(-1))}`)
      }
      const table = scoreTable(rows, CONNECTIONS)
      process.stdout.write(`${tableText(table)}\n`)
      if (rows.some(({ runs }) => runs.some((run) => failedOf(run) > 0))) process.exitCode = 1
      if (json !== undefined) writeResults(json, 'bench', { tables: { score: table }, details: { rows } })
    } finally {
      await fastApi?.close()
      await loop.close()
    }
  } finally {
    await stack.close()
  }
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
