import { metricSum } from '../testing/metric-sum.ts'
import { floodKafka, streamKafka } from './kafka-load.ts'
import type { ScoreLoop } from './kafka-score-loop.ts'
import { scoreRequests } from './score-feed.ts'
import type { SkewRun } from './skew-table.ts'

const FLOOD_REQUESTS = 2_000

/** CPU time of `run skew`, as it comes, beside that of the scorer whose vectors it computes again, at half load by Kafka. */
export async function measureSkew(
  loop: ScoreLoop,
  { rounds, seconds }: { rounds: number; seconds: number },
  say: (line: string) => void,
): Promise<SkewRun[]> {
  const { own, scorer } = loop
  const requests = scoreRequests('skew')
  const ask = () => requests.next().value!
  await loop.serve('trees')
  const skew = own.run('skew', '--metrics-port', '0')
  const checked = () => metricSum(skew, 'feedloop_skew_vectors_checked_total')
  const { requestsPerSecond } = await floodKafka(own.runtime, ask, FLOOD_REQUESTS)
  const half = { perSecond: requestsPerSecond / 2, seconds }
  // Its states are folded from the log first.
  await own.until('vectors to be checked', async () => {
    await streamKafka(own.runtime, ask, { perSecond: 20, seconds: 1 })
    return (await checked()) > 0
  })
  const cpuSeconds = (process: typeof skew) => metricSum(process, 'process_cpu_seconds_total')
  const now = async () => ({
    ...{ scorer: await cpuSeconds(scorer), skew: await cpuSeconds(skew) },
    checked: await checked(),
    differing: await metricSum(skew, 'feedloop_skew_vectors_mismatched_total'),
  })
  const runs: SkewRun[] = []
  for (let round = 0; round < rounds; round++) {
    const before = await now()
    const load = await streamKafka(own.runtime, ask, half)
    const after = await now()
    const spent = (what: keyof typeof before) => after[what] - before[what]
    const count = load.requestsPerSecond * seconds
    runs.push({
      requestsPerSecond: load.requestsPerSecond,
      checkedPerSecond: spent('checked') / seconds,
      scorerMs: (spent('scorer') * 1_000) / count,
      skewMs: (spent('skew') * 1_000) / count,
      differing: spent('differing'),
    })
    say(JSON.stringify(runs.at(-1)))
  }
  return runs
}
