import type { OwnRedisOptions } from '#streams/testing'
import { wallStopwatch } from '../demo/process-stopwatch.ts'
import { appliedCount } from './applied-offsets.ts'
import { applied, judgeUnderHarm, type RedisFeed, rest } from './redis-feed.ts'
import type { FaultReport, Lab, ScenarioSize } from './scenario.ts'

/** A way to make Redis refuse writes although it answers. */
export interface Refusal {
  name: string
  redis?: OwnRedisOptions
  /** What must be there before the writes that are to be refused. */
  prepare?(redisFeed: RedisFeed): Promise<void>
  /** Under writes, when so many interactions are applied. Resolves when it refuses. */
  begin(redisFeed: RedisFeed, at: number): Promise<void>
  end(redisFeed: RedisFeed): Promise<void>
  /** What the process must say while it waits. */
  says: RegExp
}

interface Form {
  interactions: number
  perSecond: number
  /** Shorter than the stages ask again (6 s): nobody leaves a group. */
  shortRefusals: number
  /** Longer: the features leave their groups, say why, and wait until there is room. */
  longRefusals: number
}

const SHORT: Form = { interactions: 16_000, perSecond: 4_000, shortRefusals: 0, longRefusals: 1 }
const LONG: Form = { interactions: 120_000, perSecond: 3_000, shortRefusals: 6, longRefusals: 3 }
/** All at once, so that the process ends in the middle of a large batch: its first writes come again. */
const CONTROL: Form = { interactions: 20_000, perSecond: 100_000, shortRefusals: 0, longRefusals: 1 }
const SHORT_MS = 2_000
const LONG_MS = 12_000

/** Resolves when nothing was applied for a while. */
async function stands({ feed }: RedisFeed): Promise<void> {
  let last = -1
  await feed.until(
    'the features to stand still',
    async () => {
      const now = await appliedCount(feed)
      const isSame = now === last
      last = now
      return isSame
    },
    1_000,
  )
}

/** The next portion comes as one large batch: however slow this machine is, there is something left to refuse. */
async function oneLargeBatch({ features, traffic }: RedisFeed): Promise<void> {
  const { child } = features.current()
  child.kill('SIGSTOP')
  await traffic.release()
  child.kill('SIGCONT')
}

export async function judgeRefusal(
  lab: Lab,
  size: ScenarioSize,
  refusal: (part: 'measured' | 'control') => Promise<Refusal>,
): Promise<FaultReport> {
  async function run(part: 'measured' | 'control', form: Form) {
    const { name, redis, prepare, begin, end, says } = await refusal(part)
    const total = form.shortRefusals + form.longRefusals
    const fence = part === 'measured' ? 'on' : 'off'
    const plan = { name, fence, redis: redis ?? {}, portions: total + 1, ...form } as const
    const ended = await judgeUnderHarm(lab, plan, async (redisFeed) => {
      const portion = redisFeed.workload.interactions / (total + 1)
      for (let round = 1; round <= total; round++) {
        await applied(redisFeed, portion * round)
        await prepare?.(redisFeed)
        await oneLargeBatch(redisFeed)
        // Not at the first write: after that one the offsets are committed.
        await begin(redisFeed, portion * (round + 0.25))
        await stands(redisFeed)
        await rest(round <= form.shortRefusals ? SHORT_MS : LONG_MS)
        await end(redisFeed)
      }
      return { overAtMs: wallStopwatch.nowMs(), counts: { refusals: total } }
    })
    return { ...ended, says }
  }
  const [{ finding, aftermath, says }, control] = await Promise.all([
    run('measured', size === 'long' ? LONG : SHORT),
    run('control', CONTROL),
  ])
  return {
    measured: finding,
    control: { ...control.finding, what: 'the same features with the fence off' },
    checks: [
      {
        what: 'the process stayed, and said what to do',
        holds: aftermath.deaths === 0 && says.test(aftermath.written),
      },
      { what: 'it went on by itself and ends with exit code 0 when asked', holds: aftermath.exitCode === 0 },
      { what: 'no good record became a dead letter', holds: aftermath.deadLetters === 0 },
    ],
  }
}
