import { createChance } from '#schemas/testing'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { applied, type Harm, judgeUnderHarm, type RedisFeed, rest } from '../redis-feed.ts'
import { STACK_KINDS } from '../lab-stack.ts'
import type { Scenario } from '../scenario.ts'

interface Form {
  interactions: number
  perSecond: number
  kills: number
  downMs(chance: number): number
}

/** Most are shorter than the stages wait (6 s), some in the long form are not: then they leave their groups, too. */
const SHORT: Form = { interactions: 20_000, perSecond: 4_000, kills: 3, downMs: (chance) => chance * 1_500 }
const LONG: Form = {
  interactions: 400_000,
  perSecond: 4_000,
  kills: 40,
  downMs: (chance) => (chance > 0.95 ? 9_000 : chance * 3_000),
}
/** All at once, so that the process ends in the middle of a large batch: its first writes come again. */
const CONTROL: Form = { interactions: 20_000, perSecond: 100_000, kills: 1, downMs: () => 9_000 }

/** Kills Redis under load, evenly over what is applied, and brings it back a moment later; of a Cluster, each in turn. */
async function killRedis(redisFeed: RedisFeed, { kills, downMs }: Form): Promise<Harm> {
  const { lab, servers, workload } = redisFeed
  const chance = createChance(lab.seed)
  for (let kill = 1; kill <= kills; kill++) {
    await applied(redisFeed, (workload.interactions * kill) / (kills + 1))
    const server = servers[kill % servers.length]!
    await server.kill()
    await rest(downMs(chance()))
    await server.restart()
    if (kill % 10 === 0) lab.say(`${String(kill)} kills`)
  }
  return { overAtMs: wallStopwatch.nowMs(), counts: { 'Redis kills': kills } }
}

export const redisKill: Scenario = {
  name: 'redis-kill',
  title: 'kill -9 of Redis under load, again and again; it comes back with its append-only file (everysec)',
  on: STACK_KINDS,
  async run(lab, size) {
    const form = size === 'long' ? LONG : SHORT
    const [{ finding, aftermath }, control] = await Promise.all([
      judgeUnderHarm(lab, { name: 'redis-kill', fence: 'on', ...form }, (redisFeed) =>
        killRedis(redisFeed, form),
      ),
      judgeUnderHarm(lab, { name: 'redis-kill-control', fence: 'off', ...CONTROL }, (redisFeed) =>
        killRedis(redisFeed, CONTROL),
      ),
    ])
    return {
      measured: finding,
      control: { ...control.finding, what: 'the same features with the fence off' },
      checks: [
        { what: 'the features process ends with exit code 0 when asked', holds: aftermath.exitCode === 0 },
        { what: 'no good record became a dead letter', holds: aftermath.deadLetters === 0 },
      ],
    }
  },
}
