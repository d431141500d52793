import { readDeadLetters, readTopic } from '#streams'
import { wallStopwatch } from '../../demo/process-stopwatch.ts'
import type { OwnFeed } from '../../testing/own-feed.ts'
import { appliedCount } from '../applied-offsets.ts'
import { judgeFeatures } from '../kafka-judge.ts'
import { startTraffic } from '../kafka-numbered-traffic.ts'
import { interactionOf, workloadOf } from '../numbered-traffic.ts'
import { featuresCaughtUp, openLabFeed } from '../run-scenario.ts'
import type { FaultReport, Finding, Lab, Scenario } from '../scenario.ts'

const KILLER = 'killer'
/** One to notice it, one to find the small batch it is in, three alone. */
const DEATHS_EXPECTED = 5
const DEATHS_MAX = 8
const FEED = { limits: { sessionTimeoutMs: 1_500, heartbeatIntervalMs: 300 } }

interface Outcome extends Finding {
  letters: number
  lettersAsWritten: number
}

/** One record in the middle of the traffic kills whoever decodes it; a supervisor starts the process anew. */
export const crashLoop: Scenario = {
  name: 'crash-loop',
  title: 'one record kills the features process each time it is decoded',
  async run(lab, size): Promise<FaultReport> {
    const interactions = size === 'long' ? 200_000 : 8_000
    const measured = await looped(lab, 'crash-loop', interactions, FEED)
    const off = { limits: { ...FEED.limits, crashLoopDeathsMax: 0 } }
    const control = await looped(lab, 'crash-loop-control', 8_000, off)
    return {
      measured,
      control: {
        ...control,
        what: `the rule off (crashLoopDeathsMax: 0), given up after ${String(DEATHS_MAX)} deaths`,
      },
      checks: [
        { what: 'the record is the only dead letter', holds: measured.letters === 1 },
        { what: 'it has its bytes', holds: measured.lettersAsWritten === 1 },
        {
          what: `the process died ${String(DEATHS_EXPECTED)} times at most`,
          holds: measured.counts['deaths']! <= DEATHS_EXPECTED,
        },
        { what: 'with the rule off nothing is given up', holds: control.letters === 0 },
      ],
    }
  },
}

async function looped(
  lab: Lab,
  name: string,
  interactions: number,
  settings: Record<string, unknown>,
): Promise<Outcome> {
  const feed = await openLabFeed(lab, name, settings)
  const workload = workloadOf({ seed: lab.seed, interactions })
  const traffic = await startTraffic(feed, workload, { perSecond: interactions / 4 })
  await feed.until('half of the traffic', async () => traffic.interactions.count * 2 >= interactions)
  const outputs = await feed.runtime.outputs('killer')
  outputs.add('interactions', {
    key: KILLER,
    value: { ...interactionOf(workload, 0), interactionId: KILLER, userId: KILLER },
  })
  await outputs.flush()
  await outputs.close()
  await traffic.done

  const startMs = wallStopwatch.nowMs()
  const deaths = await untilItLives(feed)
  const recoverySeconds = (wallStopwatch.nowMs() - startMs) / 1_000
  lab.say(`${name}: ${String(deaths)} deaths`)
  const { user, item, ...damage } = await judgeFeatures(feed, workload, traffic.interactions)
  return {
    ...damage,
    ...(await lettersOf(feed)),
    recoverySeconds,
    counts: { deaths, 'wrong users': user.wrong, 'wrong items': item.wrong },
  }
}

/** Starts the process again and again until it gets through, or has died too often. @returns deaths */
async function untilItLives(feed: OwnFeed): Promise<number> {
  const records = await feed.recordCount('interactions')
  for (let deaths = 0; ; deaths++) {
    const features = feed.runFeatures({ dieOf: KILLER })
    features.mayEnd()
    let hasDied = false
    features.ended.then(
      () => (hasDied = true),
      () => (hasDied = true),
    )
    await feed.until(
      'the features process to die or to get through',
      async () => hasDied || (await appliedCount(feed)) >= records,
    )
    if (!hasDied) {
      await featuresCaughtUp(feed)
      await features.stop()
      return deaths
    }
    if (deaths + 1 === DEATHS_MAX) return DEATHS_MAX
  }
}

async function lettersOf({ addresses, runtime }: OwnFeed) {
  const written: Buffer[] = []
  for await (const { key, value } of readTopic({ addresses, topicName: runtime.topicName('interactions') }))
    if (key?.toString() === KILLER) written.push(value!)
  let letters = 0
  let lettersAsWritten = 0
  for await (const { letter } of readDeadLetters(
    addresses,
    runtime.topicName('deadLetters'),
    runtime.codec,
  )) {
    letters += 1
    if (letter.reason === 'crash_loop' && letter.value !== null && written[0]?.equals(letter.value))
      lettersAsWritten += 1
  }
  return { letters, lettersAsWritten }
}
