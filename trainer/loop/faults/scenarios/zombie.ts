import { STOPPED_LINE } from '#feature-store/testing'
import { createChance } from '#schemas/testing'
import { appliedCount } from '../applied-offsets.ts'
import { allZero, FRAGILE_FEED, runDisturbed, withControl } from '../disturbed-run.ts'
import { workloadOf } from '../numbered-traffic.ts'
import type { KeptProcess } from '../process-keeper.ts'
import { startMember } from '../process-member.ts'
import type { Lab, Scenario } from '../scenario.ts'

const PER_SECOND = 400
const INTERACTIONS_MAX = 500_000
const ROUNDS = { short: 1, long: 20 }
/** What the successor does before the zombie wakes: enough that a stale write would hurt. */
const TAKEN_OVER_MIN = 500

/** A process falls asleep with a batch in its hands, another takes over, and it wakes up and wants to write. */
export const zombie: Scenario = {
  name: 'zombie',
  title:
    'SIGSTOP right before a write, past the session timeout; take-over; SIGCONT: the write must be refused',
  async run(lab, size) {
    const [{ finding, exitCodes, refused }, control] = await withControl(
      size,
      () => haunted(lab, 'zombie', 'on', ROUNDS[size]),
      () => haunted(lab, 'zombie-control', 'off', ROUNDS[size]),
    )
    const checks = [
      allZero(exitCodes),
      { what: 'every zombie was told FENCED and ended with exit code 1', holds: refused === ROUNDS[size] },
    ]
    const what = 'the same features with the fence off: the zombie writes'
    return { measured: finding, control: { ...control.finding, what }, checks }
  },
}

async function haunted(lab: Lab, name: string, fence: 'on' | 'off', rounds: number) {
  const random = createChance(lab.seed)
  let refused = 0
  const run = await runDisturbed(lab, {
    name,
    feed: FRAGILE_FEED,
    workload: workloadOf({ seed: lab.seed, interactions: INTERACTIONS_MAX }),
    perSecond: PER_SECOND,
    async disturb(feed) {
      let successor: KeptProcess | undefined
      for (let round = 0; round < rounds; round++) {
        await successor?.stop()
        const nth = 3 + Math.floor(random() * 10)
        const sleeper = feed.runFeatures({ fence, dieAt: { step: 'before apply', nth, signal: 'SIGSTOP' } })
        await sleeper.wrote(STOPPED_LINE)
        successor = startMember(feed, () => feed.runFeatures({ fence }))
        const before = await appliedCount(feed)
        await feed.until(
          'a successor to take over',
          async () => (await appliedCount(feed)) >= before + TAKEN_OVER_MIN,
        )
        sleeper.mayEnd()
        sleeper.child.kill('SIGCONT')
        if (fence === 'on') {
          const { exitCode, stderr } = await sleeper.ended
          if (exitCode === 1 && /fenced/i.test(stderr)) refused += 1
          else lab.say(`${name}: the zombie ended with ${String(exitCode)}: ${stderr.slice(-500)}`)
        } else {
          // Nobody tells it: it goes on as a member until it is asked to end.
          const written = await appliedCount(feed)
          await feed.until('more to be applied', async () => (await appliedCount(feed)) !== written)
          await sleeper.stop()
        }
      }
      lab.say(`${name}: ${String(rounds)} zombies`)
      return { running: [successor!], counts: { zombies: rounds, 'refused writes': refused } }
    },
  })
  return { ...run, refused }
}
