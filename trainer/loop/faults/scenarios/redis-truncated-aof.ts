import { createChance } from '#schemas/testing'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { storeAtEnd } from '../fences-at-end.ts'
import { appliedCount } from '../applied-offsets.ts'
import { applied, appliedIn, type Harm, judgeUnderHarm, type RedisFeed } from '../redis-feed.ts'
import type { Scenario } from '../scenario.ts'

interface Form {
  interactions: number
  perSecond: number
  busyCuts: number
  idleCuts: number
}

const SHORT: Form = { interactions: 16_000, perSecond: 4_000, busyCuts: 2, idleCuts: 1 }
const LONG: Form = { interactions: 200_000, perSecond: 2_000, busyCuts: 40, idleCuts: 10 }
const CONTROL: Form = { interactions: 8_000, perSecond: 4_000, busyCuts: 0, idleCuts: 1 }
/** Up to this much of the file: some thousand interactions. */
const CUT_BYTES_MAX = 1_000_000
/** Redis must not rewrite the file: the cut must fall between or into commands, as after a power cut. */
const REDIS = { settings: { 'auto-aof-rewrite-percentage': 0, 'aof-load-truncated': 'yes' } }

/** What a power cut leaves: the end of the file is missing, and its last command is incomplete. */
async function cutTails(redisFeed: RedisFeed, form: Form): Promise<Harm> {
  const { lab, redis, feed, workload, traffic } = redisFeed
  const chance = createChance(lab.seed)
  let forgotten = 0
  let overAtMs = 0
  const cutOnce = async () => {
    const before = await appliedCount(feed)
    await redis.kill()
    await redis.cutTail(1 + Math.floor(chance() * CUT_BYTES_MAX))
    await redis.restart()
    overAtMs = wallStopwatch.nowMs()
    forgotten += Math.max(0, before - (await appliedIn(redis, feed)))
  }
  for (let cut = 1; cut <= form.busyCuts; cut++) {
    await applied(redisFeed, (workload.interactions * cut) / (form.busyCuts + 1))
    await cutOnce()
    if (cut % 10 === 0) lab.say(`${String(cut)} cuts`)
  }
  await traffic.done
  for (let cut = 1; cut <= form.idleCuts; cut++) {
    await storeAtEnd(feed)
    await cutOnce()
  }
  return { overAtMs, counts: { cuts: form.busyCuts + form.idleCuts, 'interactions forgotten': forgotten } }
}

export const redisTruncatedAof: Scenario = {
  name: 'redis-truncated-aof',
  title:
    'Redis killed and the tail of its append-only file cut off, as by a power cut: older than its owners',
  async run(lab, size) {
    const form = size === 'long' ? LONG : SHORT
    const [{ finding, aftermath }, control] = await Promise.all([
      judgeUnderHarm(lab, { name: 'redis-truncated-aof', fence: 'on', redis: REDIS, ...form }, (redisFeed) =>
        cutTails(redisFeed, form),
      ),
      judgeUnderHarm(
        lab,
        { name: 'redis-truncated-aof-control', fence: 'off', redis: REDIS, ...CONTROL },
        (redisFeed) => cutTails(redisFeed, CONTROL),
      ),
    ])
    const { counts } = finding
    const noticed = counts['went back (all stages anew)']! + counts['refused by the fence']!
    return {
      measured: finding,
      control: { ...control.finding, what: 'the same features with the fence off' },
      checks: [
        {
          what: 'something was forgotten each time it was looked',
          holds: counts['interactions forgotten']! > 0,
        },
        { what: 'it was noticed', holds: noticed > 0 },
        { what: 'no good record became a dead letter', holds: aftermath.deadLetters === 0 },
      ],
    }
  },
}
