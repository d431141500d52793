import type { Example, Interaction, Prediction } from '#schemas'
import { type Logger, type Signals, streamsConfigSchema } from '#streams'
import { createTopologyTestDriver, type TopologyTestDriver } from '#streams/testing'
import { type TrainerConfig, trainerConfigSchema } from '../../config.ts'
import { createSyntheticFeed } from '../../testing/synthetic-feed.ts'
import { createJoinerStage } from '../joiner-stage.ts'
import type { ScratchFile } from '../pending/scratch-file.ts'

export const START_MS = 1_700_000_000_000
export const MINUTE_MS = 60_000
const limits = { futureSkewSecondsMax: 300, farFutureSecondsMax: 86_400 }

/** 300 predictions, 5 s apart, of 80 users; and everything that came of them, in order of time. */
export function recordsOf(seed: number, featuresMore = 0) {
  const feed = createSyntheticFeed({ seed, startMs: START_MS, everyMs: 5_000, itemsShown: 4, users: 80 })
  const told = Array.from({ length: 300 }, () => feed.next(() => 0.1, 'm1'))
  const interactions = told.flatMap((one) => one.interactions).sort((a, b) => a.occurredAtMs - b.occurredAtMs)
  return { predictions: told.map(({ prediction }) => widened(prediction, featuresMore)), interactions }
}

/** With so many features more, all 0. */
const widened = (prediction: Prediction, features: number): Prediction => ({
  ...prediction,
  ranking: prediction.ranking.map((ranked) => ({
    ...ranked,
    vector: Buffer.concat([ranked.vector!, Buffer.alloc(4 * features)]),
    flags: Buffer.concat([ranked.flags!, Buffer.alloc(features)]),
  })),
})

export async function openJoiner(
  seed: number,
  options: Partial<ReturnType<typeof trainerConfigSchema.parse>['limits']> = {},
  config = trainerConfigSchema.parse({ limits: options }),
  scratch?: ScratchFile,
) {
  const told = { signals: [] as string[], log: [] as string[] }
  const driver = await createTopologyTestDriver({
    seed,
    ...tellingInto(told),
    startMs: START_MS + 365 * 86_400_000,
    config: streamsConfigSchema.parse({ limits: { batchRecordsMax: 20 } }),
  })
  const start = async () => {
    const running = await driver.runStage(createJoinerStage(driver, { config, limits, scratch }))
    running.done.catch(() => undefined)
    await running.ready
    return running
  }
  return { driver, start, told }
}

export const tell = (driver: TopologyTestDriver, { userId, ...rest }: Interaction) =>
  driver.produce('interactions', userId, { userId, ...rest })

/** So many minutes later somebody looks at something in every partition: all that was told before matures. */
export function passTime(driver: TopologyTestDriver, seed: number, minutes = 20): void {
  const { predictions, interactions } = recordsOf(seed)
  const occurredAtMs = predictions.at(-1)!.occurredAtMs + minutes * MINUTE_MS
  for (const userId of new Set(predictions.map((prediction) => prediction.userId))) {
    tell(driver, {
      ...interactions[0]!,
      interactionId: `end.${userId}`,
      userId,
      requestId: null,
      occurredAtMs,
    })
  }
}

/** The first record of each example counts. */
export function firstExamples(driver: TopologyTestDriver): Map<string, Example> {
  const first = new Map<string, Example>()
  for (const { value } of driver.records('examples')) {
    if (value !== null && !first.has(value.exampleId)) first.set(value.exampleId, value)
  }
  return first
}
export const labelsOf = (examples: Map<string, Example>) =>
  [...examples.values()].map(({ exampleId, labels }) => `${exampleId} ${JSON.stringify(labels)}`).sort()

/** Counters with their labels, and warnings and errors, in the order in which they came. */
function tellingInto(told: { signals: string[]; log: string[] }): { signals: Signals; log: Logger } {
  const note = (level: string) => (fields: object, event: string) =>
    void told.log.push(`${level} ${event} ${JSON.stringify(fields)}`)
  const nothing = () => undefined
  return {
    signals: {
      count: (name, labels = {}) => void told.signals.push([name, ...Object.values(labels)].join(' ')),
      gauge: nothing,
      observe: nothing,
    },
    log: { debug: nothing, info: nothing, warn: note('warn'), error: note('error') },
  }
}

/** As the feed would tell it: everything in order of time, the stage reading along. */
export async function undisturbed(seed: number, config?: TrainerConfig) {
  const { driver, start } = await openJoiner(seed, {}, config)
  await start()
  await playInOrder(driver, seed, () => Promise.resolve(), { minutesAfter: 55 })
  return driver
}

export async function playInOrder(
  driver: TopologyTestDriver,
  seed: number,
  between: (asked: number) => Promise<void>,
  { minutesAfter = 20, featuresMore = 0 } = {},
) {
  const { predictions, interactions } = recordsOf(seed, featuresMore)
  let next = 0
  for (const [asked, prediction] of predictions.entries()) {
    while (interactions[next] && interactions[next]!.occurredAtMs <= prediction.occurredAtMs)
      tell(driver, interactions[next++]!)
    driver.produce('predictions', prediction.userId, prediction)
    if (asked % 10 === 0) await driver.settle()
    await between(asked)
  }
  for (const interaction of interactions.slice(next)) tell(driver, interaction)
  await driver.settle()
  passTime(driver, seed, minutesAfter)
  await driver.settle()
}
