import { openOwnNetwork, ownNetworkUnavailable, type Loss } from '#streams/testing'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { openOwnKafka } from '../own-kafka.ts'
import { endsWithZero, recoveredWithin } from '../disturbed-run.ts'
import type { Scenario } from '../scenario.ts'
import { sideBySide } from '../side-by-side.ts'

/** What is lost, one after the other; each longer than the members' session. */
const LOSSES: Record<'short' | 'long', readonly Loss[]> = {
  short: ['everything', 'answers'],
  long: ['everything', 'answers', 'requests', 'everything', 'answers', 'requests'],
}
const CUT_MS = { short: 9_000, long: 20_000 }
const PER_SECOND = { short: 400, long: 1_000 }
const BETWEEN_MS = 5_000
/** A request has to be given up, the group to be joined again, and what came meanwhile to be read. */
const RECOVERY_SECONDS_MAX = 60

/** Packets between the features processes and the broker vanish, in both directions and in one; traffic goes on. */
export const partition: Scenario = {
  name: 'partition',
  title:
    'the way between features and broker loses every packet, both ways and one way, for longer than a session',
  unavailable: ownNetworkUnavailable,
  async run(lab, size) {
    const network = await openOwnNetwork()
    lab.cleanup(() => network.close())
    const { straight, detour } = await openOwnKafka(lab, {
      place: network,
      detour: ({ port }) => Promise.resolve(`${network.fragileHost}:${String(port)}`),
    })
    const losses = LOSSES[size]
    const { measured, control, exitCode } = await sideBySide(lab, {
      name: 'partition',
      straight,
      detour,
      perSecond: PER_SECOND[size],
      async fault() {
        for (const [at, loss] of losses.entries()) {
          if (at > 0) await wallStopwatch.rest(BETWEEN_MS, new AbortController().signal)
          lab.say(`lost: ${loss}`)
          await network.lose(loss)
          await wallStopwatch.rest(CUT_MS[size], new AbortController().signal)
          await network.lose('nothing')
        }
        return { cuts: losses.length, 'seconds cut': (losses.length * CUT_MS[size]) / 1_000 }
      },
    })
    return {
      measured,
      control,
      checks: [endsWithZero(exitCode), recoveredWithin(RECOVERY_SECONDS_MAX, measured)],
    }
  },
}
