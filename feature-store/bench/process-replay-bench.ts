import { loadavg } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { openTestStack, spreadOf, tableText, writeResults } from '#streams/testing'
import { LINGER_MS } from './process-freshness.ts'
import { type LegPlan, measureLeg } from './process-replay-leg.ts'
import { type ReplayRound, replayTable } from './replay-table.ts'
import { WORKLOAD } from './workload.ts'

/** What live freshness may become beside a replay: a promise of the issue. */
const RATIO_MAX = 1.5
const QUICK = { interactions: 100_000, perSecond: 2_000, seconds: 30, rounds: 1, kills: 2 }

interface Options {
  json?: string
  quick?: true
  interactions: number
  perSecond: number
  seconds: number
  rounds: number
  kills: number
  rate?: number
  niceness: number
}

const whole = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('must be a whole number.')
}

const say = (line: string) => void process.stderr.write(`${line}\n`)

await new Command('replay')
  .description('live freshness beside a replay that is killed on the way, and without one, in turn')
  .option('--json <file>', 'write all numbers there')
  .option('--interactions <n>', 'that are there when the replay begins', whole, 1_000_000)
  .option('--per-second <n>', 'live interactions', whole, 20_000)
  .option('--seconds <n>', 'for how long live traffic counts', whole, 90)
  .option('--rounds <n>', 'without and beside in turn, so often', whole, 5)
  .option('--kills <n>', 'of the replay, on its way', whole, 5)
  .option(
    '--rate <n>',
    'interactions a second and side that the replay may take (default: what is left)',
    whole,
  )
  .option('--niceness <n>', 'of the replay: 19 takes what is left', whole, 19)
  .option('--quick', `a small form: ${JSON.stringify(QUICK)}`)
  .action(async (given: Options) => {
    const options = given.quick ? { ...given, ...QUICK } : given
    const stack = await openTestStack(new AbortController().signal, say, { measured: true })
    try {
      const loadBefore = loadavg()[0]!
      const rounds = await measure(stack.addresses, options)
      const table = replayTable(rounds)
      process.stdout.write(`${tableText(table)}\n`)
      const details = { options, workload: WORKLOAD, loadBefore, rounds }
      if (options.json !== undefined)
        writeResults(options.json, 'bench', { tables: { replay: table }, details })
      judge(rounds)
    } finally {
      await stack.close()
    }
  })
  .parseAsync(process.argv.slice(3), { from: 'user' })

async function measure(
  addresses: Parameters<typeof measureLeg>[0],
  { interactions, perSecond, seconds, rounds: count, kills, rate, niceness }: Options,
): Promise<ReplayRound[]> {
  const plan = { workload: WORKLOAD, history: interactions, perSecond, seconds, lingerMs: LINGER_MS }
  const rounds: ReplayRound[] = []
  const leg = (replay: LegPlan['replay']) => measureLeg(addresses, { ...plan, replay }, say)
  for (let round = 0; round < count; round++) {
    const replay = { kills, rate: rate ?? null, niceness }
    // Who is first changes, so that what grows in the broker burdens both.
    const first = await leg(round % 2 === 0 ? null : replay)
    const second = await leg(round % 2 === 0 ? replay : null)
    rounds.push(round % 2 === 0 ? { without: first, beside: second } : { without: second, beside: first })
    say(JSON.stringify(rounds.at(-1)))
  }
  return rounds
}

function judge(rounds: readonly ReplayRound[]): void {
  const different = rounds.reduce((sum, { beside }) => sum + beside.replayed!.different, 0)
  const median = (of: (round: ReplayRound) => number) => spreadOf(rounds.map(of)).median
  const ratio =
    median(({ beside }) => Math.max(beside.live.p99, beside.whileReading!.p99)) /
    median(({ without }) => without.live.p99)
  say(`p99 beside a replay is ${ratio.toFixed(2)} x that without (medians; wanted: ${String(RATIO_MAX)})`)
  if (different > 0 || !(ratio <= RATIO_MAX)) process.exitCode = 1
}
