import { openSmallDisk, smallDiskUnavailable } from '#streams/testing'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import { killFeatures } from '../host-death.ts'
import { fillTopic } from '../kafka-plain-clients.ts'
import { openOwnKafka } from '../own-kafka.ts'
import { endsWithZero } from '../disturbed-run.ts'
import type { Scenario } from '../scenario.ts'
import { sideBySide } from '../side-by-side.ts'

const DISK_MIB = { short: 64, long: 256 }
const ROOM_MIB = 1_024
const PER_SECOND = { short: 400, long: 1_000 }
const BYTES_PER_MIB = 1_048_576

/** Somebody else fills the broker's disk; the broker dies of it, gets room and comes back. The features die with it. */
export const brokerDiskFull: Scenario = {
  name: 'broker-disk-full',
  title: "the broker's disk fills up under load: it dies, gets more room, and comes back",
  unavailable: smallDiskUnavailable,
  async run(lab, size) {
    const disk = await openSmallDisk(DISK_MIB[size])
    lab.cleanup(() => disk.close())
    const { own, straight, detour } = await openOwnKafka(lab, { logDir: () => `${disk.folder}/data` })
    let died = false
    const { measured, control, exitCode } = await sideBySide(lab, {
      name: 'broker-disk-full',
      straight,
      detour,
      perSecond: PER_SECOND[size],
      async fault(ours, theirs) {
        const filler = ours.feed.runtime.topicName('outcomes')
        const bytes = await fillTopic(straight.as('operator'), filler, async () => !(await own.isAlive(1)))
        died = true
        lab.say('the broker died of its full disk')
        const diedMs = wallStopwatch.nowMs()
        await killFeatures([ours, theirs])
        await disk.enlarge(ROOM_MIB)
        await own.restart(1)
        return {
          'filler MiB': bytes / BYTES_PER_MIB,
          'seconds down': (wallStopwatch.nowMs() - diedMs) / 1_000,
        }
      },
    })
    const checks = [{ what: 'the broker died of its full disk', holds: died }, endsWithZero(exitCode)]
    return { measured, control, checks }
  },
}
