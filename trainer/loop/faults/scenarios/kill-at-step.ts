import { DEATH_STEPS, type DeathStep } from '#feature-store/testing'
import { createChance } from '#schemas/testing'
import { allZero, FRAGILE_FEED, runDisturbed, withControl } from '../disturbed-run.ts'
import { type PoisonRecord, sendPoison } from '../kafka-poison.ts'
import { judgeLetters } from '../kafka-letters.ts'
import { workloadOf } from '../numbered-traffic.ts'
import { startMember } from '../process-member.ts'
import type { Lab, Scenario } from '../scenario.ts'

const PER_SECOND = 400
const INTERACTIONS_MAX = 500_000
const GARBAGE_PER_LIFE = 8
const NTH_MAX = 6
const ROUNDS = { short: 1, long: 10 }

/** A features process is killed at one named moment of a batch, the next one at another, and so on. */
export const killAtStep: Scenario = {
  name: 'kill-at-step',
  title: `kill -9 of the features process at every step of a batch: ${DEATH_STEPS.join(', ')}`,
  async run(lab, size) {
    const rounds = ROUNDS[size]
    const lives = Array.from({ length: rounds }, () => DEATH_STEPS).flat()
    const [measured, control] = await withControl(
      size,
      () => deaths(lab, 'kill-at-step', 'on', lives),
      () => deaths(lab, 'kill-at-step-control', 'off', ['after apply', 'before apply', 'after apply']),
    )
    const { finding, letters, exitCodes } = measured
    const checks = [
      allZero(exitCodes),
      {
        what: 'every bad record has a dead letter with its bytes, whenever the process died',
        holds: letters.missing === 0 && letters.different === 0 && letters.unasked === 0,
      },
    ]
    const what = 'the same features with the fence off, killed before and after they write'
    return { measured: finding, control: { ...control.finding, what }, checks }
  },
}

async function deaths(lab: Lab, name: string, fence: 'on' | 'off', lives: readonly DeathStep[]) {
  const random = createChance(lab.seed)
  const sent: PoisonRecord[] = []
  const run = await runDisturbed(lab, {
    name,
    feed: FRAGILE_FEED,
    workload: workloadOf({ seed: lab.seed, interactions: INTERACTIONS_MAX }),
    perSecond: PER_SECOND,
    async disturb(feed) {
      for (const step of lives) {
        sent.push(
          ...(await sendPoison(feed, garbage(feed.runtime.partitionCount('interactions'), sent.length))),
        )
        const nth = step === 'before the dead-letter ack' ? 1 : 1 + Math.floor(random() * NTH_MAX)
        const features = feed.runFeatures({ fence, dieAt: { step, nth } })
        features.mayEnd()
        const { exitCode, stderr } = await features.ended
        if (exitCode !== null)
          throw new Error(`it was to die ${step}, and ended with ${String(exitCode)}: ${stderr}`)
      }
      lab.say(`${name}: died ${String(lives.length)} times`)
      return {
        running: [startMember(feed, () => feed.runFeatures({ fence }))],
        counts: { kills: lives.length },
      }
    },
  })
  const letters = await judgeLetters(run.feed, sent)
  const { finding, exitCodes } = run
  const counts = { ...finding.counts, 'bad records': sent.length, 'dead letters twice': letters.repeated }
  return { finding: { ...finding, counts }, exitCodes, letters }
}

/** No Avro at all, all over the partitions. */
const garbage = (partitions: number, from: number) =>
  Array.from({ length: GARBAGE_PER_LIFE }, (_, n) => ({
    topic: 'interactions' as const,
    partition: (from + n) % partitions,
    key: `bad${String(from + n)}`,
    value: Buffer.from(`{"garbage":${String(from + n)}}`),
  }))
