/**
 * `npm run fuzz [-- --payloads N --seed S --from I --unguarded --json FILE]`: mutated payloads against the codec, in a
 * process with a heap of 512 MB. Exit 0: nothing found, 1: something was, 2: wrong usage.
 */
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { DECODE_MS_MAX, type FuzzTally } from './codec-fuzz.ts'
import type { FuzzArguments } from './process-fuzz-main.ts'

const HEAP_MIB = 512
/** A process that has told nothing for this long hangs in a decode. */
const SILENCE_MS_MAX = 120_000
const USAGE = 'npm run fuzz [-- --payloads N --seed S --from I --unguarded --json FILE]'

interface FuzzReport extends FuzzArguments {
  heapMiB: number
  /** null: it ended well. Otherwise how the process ended, and where to look. */
  death: string | null
  seconds: number
  payloadsPerSecond: number
  rssMiB: number | null
  tally: FuzzTally | null
}

async function fuzz(wanted: FuzzArguments, progress: (played: number) => void): Promise<FuzzReport> {
  const main = new URL('process-fuzz-main.ts', import.meta.url).pathname
  const startedMs = performance.now()
  const argv = [`--max-old-space-size=${HEAP_MIB}`, '--import', 'tsx', main, JSON.stringify(wanted)]
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
  let played = 0
  let result: { tally: FuzzTally; rssMiB: number } | null = null
  let lastWords = ''
  let hangs = false
  const hang = () => {
    hangs = true
    child.kill('SIGKILL')
  }
  let watchdog = setTimeout(hang, SILENCE_MS_MAX)
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (lastWords = (lastWords + text).slice(-2_000)))
  createInterface({ input: child.stdout }).on('line', (line) => {
    clearTimeout(watchdog)
    watchdog = setTimeout(hang, SILENCE_MS_MAX)
    const told = JSON.parse(line) as { played: number } | { tally: FuzzTally; rssMiB: number }
    if ('tally' in told) result = told
    else progress((played = told.played))
  })
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('close', (...how) => resolve(how)),
  )
  clearTimeout(watchdog)
  const seconds = (performance.now() - startedMs) / 1_000
  const ended = result as { tally: FuzzTally; rssMiB: number } | null
  const how = hangs ? `told nothing for ${SILENCE_MS_MAX / 1_000} s` : `ended by ${signal ?? `exit ${code}`}`
  const where = `it was at a payload from ${wanted.from + played} on (--seed ${wanted.seed} --from ${wanted.from + played})`
  return {
    ...wanted,
    heapMiB: HEAP_MIB,
    death: ended === null || code !== 0 ? `the process ${how}; ${where}\n${lastWords}` : null,
    seconds,
    payloadsPerSecond: Math.round((ended?.tally.payloads ?? played) / seconds),
    rssMiB: ended?.rssMiB ?? null,
    tally: ended?.tally ?? null,
  }
}

function reportText({ tally, ...run }: FuzzReport): string {
  const lines = [`${run.seconds.toFixed(0)} s, ${run.payloadsPerSecond} payloads/s, heap ${run.heapMiB} MiB`]
  if (run.death !== null) lines.push(`DIED: ${run.death}`)
  if (tally === null) return lines.join('\n')
  const { outcomes, mutations, findings, findingsCount } = tally
  lines.push(
    `${tally.payloads} payloads, ${(tally.bytes / 2 ** 20).toFixed(0)} MiB, RSS at most ${run.rssMiB} MiB`,
    Object.entries(outcomes)
      .map(([outcome, count]) => `${outcome} ${count}`)
      .join(', '),
    `slowest decode ${tally.slowestMs.toFixed(1)} ms as first measured, ${tally.slowestRepeatedMs.toFixed(1)} ms of CPU when repeated; ` +
      `over ${DECODE_MS_MAX} ms once: ${tally.overLimitOnce}`,
    ...Object.entries(mutations).map(
      ([name, { payloads, decoded }]) => `  ${name.padEnd(14)} ${payloads} payloads, ${decoded} decoded`,
    ),
    `findings: ${findingsCount}`,
    ...findings.map(
      ({ index, topic, mutations, what, hex }) =>
        `  --seed ${run.seed} --from ${index} --payloads 1: ${topic}, ${mutations.join('+')}: ${what} (${hex})`,
    ),
  )
  return lines.join('\n')
}

function argumentsOf(argv: string[]): FuzzArguments & { json?: string } {
  const number = (name: string, text: string) => {
    if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} must be a number, not ${text}`)
    return Number(text)
  }
  const options = {
    payloads: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    unguarded: { type: 'boolean', default: false },
    json: { type: 'string' },
  } as const
  const { payloads, seed, from, unguarded, json } = parseArgs({ args: argv, options }).values
  return {
    payloads: number('payloads', payloads),
    seed: number('seed', seed),
    from: number('from', from),
    unguarded,
    ...(json === undefined ? {} : { json }),
  }
}

let wanted
try {
  wanted = argumentsOf(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\nusage: ${USAGE}\n`)
  process.exit(2)
}
const { json, ...fuzzed } = wanted
const isTerminal = process.stderr.isTTY
const report = await fuzz(fuzzed, (played) => {
  if (isTerminal) process.stderr.write(`\r${played} of ${fuzzed.payloads} payloads`)
})
if (isTerminal) process.stderr.write('\r')
process.stdout.write(`${reportText(report)}\n`)
if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
process.exitCode = report.death !== null || report.tally!.findingsCount > 0 ? 1 : 0
