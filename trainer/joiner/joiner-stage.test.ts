import { describe, expect, it } from 'vitest'
import { trainerConfigSchema } from '../config.ts'
import {
  firstExamples,
  labelsOf,
  MINUTE_MS,
  openJoiner,
  passTime,
  playInOrder,
  recordsOf,
  START_MS,
  tell,
  undisturbed,
} from './testing/joiner-play.ts'

describe('stage joiner', () => {
  it('labels what was shown once its horizon and grace have passed', async () => {
    const driver = await undisturbed(1)
    const examples = [...firstExamples(driver).values()]
    const { predictions, interactions } = recordsOf(1)
    const clicked = new Set(
      interactions.filter(({ type }) => type === 'click').map((one) => `p:${one.requestId!}/${one.itemId}`),
    )
    for (const { exampleId, labels } of examples) {
      expect(labels.find(({ name }) => name === 'click')!.value, exampleId).toBe(
        clicked.has(exampleId) ? 1 : 0,
      )
    }
    expect(examples).toHaveLength(predictions.length * 4)
    expect(driver.records('examples')).toHaveLength(examples.length)
  })

  it('waits for no source whose log ends in what was taken back, at once and after a restart', async () => {
    const { driver, start } = await openJoiner(1)
    const { predictions, interactions } = recordsOf(1)
    for (let partition = 0; partition < 4; partition++) driver.takeBack('outcomes', partition, 3)
    const running = await start()
    await driver.settle()
    await running.stop()
    await start()
    for (const prediction of predictions) driver.produce('predictions', prediction.userId, prediction)
    for (const interaction of interactions) tell(driver, interaction)
    passTime(driver, 1)
    await driver.settle()
    expect(firstExamples(driver).size).toBe(predictions.length * 4)
  })

  it('joins what is told within its horizon, though later than it may be shown', async () => {
    const click = { positive: ['click'], shown: ['shown', 'view'], horizonMinutes: 60 }
    const { driver, start } = await openJoiner(1, {}, trainerConfigSchema.parse({ labels: { click } }))
    await start()
    const { predictions, interactions } = recordsOf(1)
    // 25 minutes of requests; all outcomes topics are read to their end meanwhile.
    for (const prediction of predictions) driver.produce('predictions', prediction.userId, prediction)
    await driver.settle()
    for (const interaction of interactions) tell(driver, interaction)
    const occurredAtMs = predictions.at(-1)!.occurredAtMs + 70 * MINUTE_MS
    for (const { userId } of predictions)
      tell(driver, {
        ...interactions[0]!,
        interactionId: `end.${userId}`,
        userId,
        requestId: null,
        occurredAtMs,
      })
    await driver.settle()
    expect(firstExamples(driver).size).toBe(predictions.length * 4)
  })

  it('matures in order of time, whatever the seed of the scheduler', async () => {
    const driver = await undisturbed(2)
    for (const partition of [0, 1, 2, 3]) {
      const times = driver
        .records('examples')
        .filter((record) => record.partition === partition)
        .map(({ value }) => value!.occurredAtMs)
      expect(times).toEqual([...times].sort((a, b) => a - b))
    }
  })

  it('gives the same labels when it starts late and one topic is far ahead of the other', async () => {
    const { predictions, interactions } = recordsOf(3)
    const { driver, start } = await openJoiner(3)
    for (const prediction of predictions) driver.produce('predictions', prediction.userId, prediction)
    for (const interaction of interactions) tell(driver, interaction)
    passTime(driver, 3)
    await start()
    await driver.settle()
    expect(labelsOf(firstExamples(driver))).toEqual(labelsOf(firstExamples(await undisturbed(3))))
  })

  it('loses nothing when little fits into its window while it catches up', async () => {
    const { predictions, interactions } = recordsOf(4)
    const { driver, start } = await openJoiner(4, { pendingPredictionsMax: 100, earlyOutcomesMax: 100 })
    for (const prediction of predictions) driver.produce('predictions', prediction.userId, prediction)
    for (const interaction of interactions) tell(driver, interaction)
    passTime(driver, 4)
    await start()
    await driver.settle()
    expect(labelsOf(firstExamples(driver))).toEqual(labelsOf(firstExamples(await undisturbed(4))))
  })

  it.each([5, 6, 7])('finds the same examples when it is killed again and again (seed %i)', async (seed) => {
    const { driver, start } = await openJoiner(seed)
    await start()
    await playInOrder(driver, seed, async (asked) => {
      if (asked % 35 === 20) driver.crashNext('joiner', asked % 2 === 0 ? 'flush' : 'commit')
      if (asked % 35 !== 30) return
      await driver.crash('joiner').catch(() => undefined)
      await start()
    })
    const expected = labelsOf(firstExamples(await undisturbed(seed)))
    expect(labelsOf(firstExamples(driver))).toEqual(expected)
  })

  it('drops a prediction that was written twice, and outcomes that come too late', async () => {
    const { driver, start } = await openJoiner(8)
    await start()
    driver.duplicate(0)
    const { predictions, interactions } = recordsOf(8)
    const [first] = predictions
    const own = interactions.filter(({ requestId }) => requestId === first!.requestId)
    driver.produce('predictions', first!.userId, first!)
    driver.produce('predictions', first!.userId, first!)
    tell(driver, own[0]!)
    const later = { ...own[0]!, interactionId: 'x', requestId: null, occurredAtMs: START_MS + 12 * MINUTE_MS }
    tell(driver, later)
    await driver.settle()
    tell(driver, { ...own[0]!, interactionId: 'late', type: 'click' })
    await driver.settle()
    expect(driver.records('examples')).toHaveLength(1)
    expect(driver.records('examples')[0]!.value!.labels).toContainEqual({ name: 'click', value: 0 })
  })

  it('is not hurried by one record with a wrong clock', async () => {
    const { driver, start } = await openJoiner(9)
    await start()
    const [first] = recordsOf(9).predictions
    driver.produce('predictions', first!.userId, first!)
    const view = { ...recordsOf(9).interactions.find(({ requestId }) => requestId === first!.requestId)! }
    tell(driver, view)
    tell(driver, {
      ...view,
      interactionId: 'wrong clock',
      requestId: null,
      occurredAtMs: START_MS + 100 * 86_400_000,
    })
    await driver.settle()
    expect(driver.records('examples')).toHaveLength(0)
  })
})
