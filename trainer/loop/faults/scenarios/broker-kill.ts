import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { killFeatures } from '../host-death.ts'
import { openOwnKafka } from '../own-kafka.ts'
import { endsWithZero } from '../disturbed-run.ts'
import { STACK_KINDS } from '../lab-stack.ts'
import type { Scenario } from '../scenario.ts'
import { sideBySide } from '../side-by-side.ts'

const KILLS = { short: 2, long: 10 }
const PER_SECOND = { short: 400, long: 1_000 }
const BETWEEN_MS = 4_000

/**
 * The only broker is killed under load and comes back. Every second time the features process dies with it; the other
 * times it has to live through the outage.
 */
export const brokerKill: Scenario = {
  name: 'broker-kill',
  title:
    'kill -9 of the only broker under load and its restart, every second time with the features process beside it',
  on: STACK_KINDS,
  async run(lab, size) {
    const { own, straight, detour } = await openOwnKafka(lab)
    const kills = KILLS[size]
    let restartsAlone = 0
    const { measured, control, exitCode } = await sideBySide(lab, {
      name: 'broker-kill',
      straight,
      detour,
      perSecond: PER_SECOND[size],
      async fault(ours, theirs) {
        let downMs = 0
        for (let kill = 1; kill <= kills; kill++) {
          const startMs = wallStopwatch.nowMs()
          const before = ours.features.deaths()
          await own.kill(1)
          if (kill % 2 === 0) await killFeatures([ours, theirs])
          await own.restart(1)
          downMs += wallStopwatch.nowMs() - startMs
          if (kill < kills) await wallStopwatch.rest(BETWEEN_MS, new AbortController().signal)
          if (kill % 2 === 1) restartsAlone += ours.features.deaths() - before
        }
        return { kills, 'seconds down': downMs / 1_000 }
      },
    })
    const checks = [
      {
        what: 'the features process lived through every outage in which nobody killed it',
        holds: restartsAlone === 0,
      },
      endsWithZero(exitCode),
    ]
    return { measured, control, checks }
  },
}
