import { playInProcess } from './testing/play-in-process.ts'
import { describe, expect, it } from 'vitest'
import { backtestText } from './backtest-text.ts'
import { type BacktestOptions, runBacktest } from './backtest.ts'
import { withLabelDelay } from './label-delay.ts'
import { playLog } from './play-log.ts'
import { type PlayOptions } from './played.ts'
import { SMALL_LOG_START_MS, smallFeed, smallLog, type SmallLogOptions } from './testing/small-log.ts'

const HOUR_MS = 3_600_000
const shared = {
  retrainEveryMs: 6 * HOUR_MS,
  fromDay: 0,
  gates: ['none', 'live'],
  ...playInProcess,
} satisfies Partial<BacktestOptions & PlayOptions>

const run = (options: Partial<BacktestOptions> = {}) =>
  runBacktest({
    ...shared,
    log: smallLog(),
    feeds: [smallFeed()],
    learners: [],
    windowMs: null,
    labelDelayMs: null,
    threshold: 0.5,
    ...options,
  })

const play = (options: Partial<PlayOptions> = {}) =>
  playLog({ ...shared, log: smallLog(), feed: smallFeed(), windowMs: Infinity, ...options })

const KEYS =
  'normalizedEntropy logLoss auc groupedAuc ndcg10 calibration ece brier accuracy precision recall f1 rows positives retrains seconds'.split(
    ' ',
  )

/** The plain run, which several tests look at. */
const plainRun = run({ fromDay: 1 })

describe('a backtest', () => {
  it('tells learners behind both gates and three baselines on the same rows, in total and by day', async () => {
    const report = await plainRun
    const told = report.results.map(
      ({ name, gate, kind }) => `${name}, ${kind === 'learner' ? gate : 'baseline'}`,
    )
    expect(told).toEqual([
      'ftrl, none',
      'ftrl, live',
      'previous champion, baseline',
      'base rate, baseline',
      "item's rate, baseline",
    ])
    for (const { total, days } of report.results) {
      expect(total.rows).toBe(report.rows)
      expect(days.map(({ day }) => day)).toEqual([1, 2])
      expect(days.reduce((sum, { rows }) => sum + rows, 0)).toBe(total.rows)
      for (const part of [total, ...days]) expect(Object.keys(part)).toEqual(expect.arrayContaining(KEYS))
    }
    expect(report).toMatchObject({
      rows: 1_000,
      leftOut: { beforeFromDay: 500, beforeFirstModel: 0, notShown: 0 },
    })
    expect(report.normalizedEntropy).toBe(report.results[0]!.total.normalizedEntropy)
  })

  it('finds what the feed holds: a learner is better than any baseline, beyond chance', async () => {
    const { results } = await plainRun
    const [ftrl, , , baseRate, itemRate] = results
    expect(ftrl!.total.normalizedEntropy).toBeLessThan(0.95)
    for (const baseline of [baseRate!, itemRate!])
      expect(baseline.againstFirst!.normalizedEntropy!.low).toBeGreaterThan(0)
    expect(baseRate!.total.normalizedEntropy).toBeGreaterThan(0.99)
    expect(ftrl!.total.groupedAuc).toBeGreaterThan(0.7)
  })

  it('is the same again', async () => {
    expect(await run({ fromDay: 1 })).toEqual(await plainRun)
  })

  it('tries several learners and configurations side by side', async () => {
    const feeds = [
      {
        ...smallFeed({ learners: [{ use: 'ftrl' }, { use: 'ftrl', name: 'ftrl-slow', alpha: 0.001 }] }),
        name: 'a',
      },
      { ...smallFeed(), name: 'b' },
    ]
    const { results } = await run({ feeds, gates: ['none'] })
    const learners = results.filter(({ kind }) => kind === 'learner')
    expect(learners.map(({ name }) => name)).toEqual(['a/ftrl', 'a/ftrl-slow', 'b/ftrl'])
    const [first, slow, same] = learners
    expect(slow!.againstFirst!.normalizedEntropy!.low).toBeGreaterThan(0)
    expect(same!.total).toEqual(first!.total)
    expect(same!.againstFirst!.normalizedEntropy).toEqual({ difference: 0, low: 0, high: 0 })
  })

  it('is told in lines', async () => {
    const text = backtestText(await plainRun)
    for (const part of ['ftrl', 'gate (', 'base rate', 'less the first', '2024-03-03'])
      expect(text).toContain(part)
  })
})

describe('score first, learn later', () => {
  const ATMS = SMALL_LOG_START_MS + 40 * HOUR_MS

  it('gives a row the same score whatever comes after it', async () => {
    const turned = smallLog({ outcome: ({ atMs, clicked }) => (atMs >= ATMS ? !clicked : clicked) })
    const [once, other] = [await play(), await play({ log: turned })]
    const before = once.rows.occurredAtMs.findIndex((atMs) => atMs > ATMS)
    expect(before).toBeGreaterThan(500)
    for (const [n, { name, gate, scores }] of once.columns.entries()) {
      const others = other.columns[n]!.scores
      expect(others.slice(0, before), `${name}, ${gate}`).toEqual(scores.slice(0, before))
      expect(others.slice(before), `${name}, ${gate}`).not.toEqual(scores.slice(before))
    }
  })

  it.each([
    ['after the horizon and the grace', null, 11 * 60_000],
    ['after --label-delay', 5 * HOUR_MS, 5 * HOUR_MS],
    ['at once', 60_000, 60_000],
  ])('knows a label %s', async (_when, labelDelayMs, knownAfterMs) => {
    // The base rate looks at labels alone. All of one hour are turned, and every hour a model is made.
    const isTurned = (atMs: number) => Math.floor((atMs - SMALL_LOG_START_MS) / HOUR_MS) === 8
    const feed = smallFeed({ learners: [{ use: 'base-rate' }] })
    const trainer = labelDelayMs === null ? feed.trainer : withLabelDelay(feed.trainer, labelDelayMs)
    const played = (outcome: SmallLogOptions['outcome'] & object) =>
      play({
        log: smallLog({ requests: 150, hours: 18, outcome }),
        feed: { ...feed, trainer },
        retrainEveryMs: HOUR_MS,
        gates: ['none'],
      })
    const plain = await played(({ clicked }) => clicked)
    const turned = await played(({ atMs, clicked }) => isTurned(atMs) || clicked)
    const [scores, others] = [plain, turned].map(({ columns }) => columns[0]!.scores)
    const changed = scores!.findIndex((score, row) => !Object.is(score, others![row]))
    const firstShownMs = plain.rows.occurredAtMs.find(isTurned)!
    const madeAtMs = Math.ceil((firstShownMs + knownAfterMs) / HOUR_MS) * HOUR_MS
    const changedAtMs = plain.rows.occurredAtMs[changed]!
    expect(changedAtMs).toBeGreaterThanOrEqual(madeAtMs)
    expect(changedAtMs).toBeLessThan(madeAtMs + HOUR_MS)
  })
})

describe('windows and gates', () => {
  it('fits batch learners to the last stretch only', async () => {
    const feed = smallFeed({ learners: [{ use: 'base-rate' }] })
    const { contenders } = await play({ feed, windowMs: 12 * HOUR_MS })
    // 20 shown items an hour; 11 minutes before a label is known.
    const sizes = contenders[0]!.retrains.map(({ examples }) => examples)
    expect(Math.max(...sizes)).toBeLessThan(12 * 22)
    expect(sizes.at(-1)).toBeGreaterThan(11 * 18)
  })

  it('makes one model with never, when the first day that counts begins', async () => {
    const { contenders } = await play({ retrainEveryMs: null, fromDay: 1 })
    expect(contenders[0]!.retrains.map(({ atMs }) => atMs)).toEqual([SMALL_LOG_START_MS + 24 * HOUR_MS])
  })

  it('waits until enough is new, where that is asked for', async () => {
    const feed = smallFeed({ learners: [{ use: 'base-rate' }] })
    const options = { feed, log: smallLog({ requests: 300 }), retrainEveryMs: HOUR_MS }
    const [often, seldom] = [await play(options), await play({ ...options, retrainGrowthMin: 0.5 })]
    const sizes = seldom.contenders[0]!.retrains.map(({ examples }) => examples)
    expect(sizes.length).toBeGreaterThan(2)
    expect(sizes.length).toBeLessThan(often.contenders[0]!.retrains.length / 2)
    for (const [n, size] of sizes.slice(1).entries()) expect(size).toBeGreaterThanOrEqual(2 * sizes[n]! - 1)
  })

  it('promotes by the live rules: nobody who is not good enough', async () => {
    const strict = smallFeed({
      promotion: { ...smallFeed().trainer.promotion, firstNormalizedEntropyMax: 0.01 },
    })
    const { results } = await run({ feeds: [strict] })
    const [atOnce, gated, , baseRate] = results
    expect(gated).toMatchObject({ served: 0, live: [] })
    // The base rate stands in.
    expect(gated!.total.normalizedEntropy).toBe(baseRate!.total.normalizedEntropy)
    expect(atOnce!.served).toBe(1)
  })

  it('lets a model serve behind the gate only after fresh examples', async () => {
    const { results } = await plainRun
    const [atOnce, gated] = results
    expect(gated!.live.length).toBeGreaterThanOrEqual(1)
    expect(gated!.live.length).toBeLessThan(atOnce!.live.length)
    expect(gated!.live[0]!.atMs).toBeGreaterThan(atOnce!.live[0]!.atMs)
    expect(gated!.served).toBeGreaterThan(0.3)
  })
})

describe('calibration between two models', () => {
  const dayOneMs = SMALL_LOG_START_MS + 24 * HOUR_MS
  /** From the second day on two of three clicks are lost. */
  const fewerClicks = () =>
    smallLog({ outcome: ({ atMs, clicked }) => clicked && (atMs < dayOneMs || (atMs / 864_000) % 3 < 1) })
  const once = (kinds: string[]) =>
    run({
      log: fewerClicks(),
      feeds: [smallFeed({ calibration: { kinds } })],
      retrainEveryMs: null,
      fromDay: 1,
      gates: ['none'],
    })

  it('follows the share of positives, and leaves the order within requests as it is', async () => {
    const [plain, calibrated] = [await once([]), await once(['base-rate'])]
    expect(plain.results[0]!.recalibrations).toEqual([])
    const { recalibrations } = calibrated.results[0]!
    expect(recalibrations.length).toBeGreaterThan(5)
    expect(recalibrations[0]!.atMs).toBeGreaterThanOrEqual(dayOneMs + HOUR_MS)
    expect(calibrated.retrains).toBe(1)
    expect(calibrated.normalizedEntropy).toBeLessThan(plain.normalizedEntropy! - 0.05)
    expect(Math.abs(calibrated.calibration! - 1)).toBeLessThan(Math.abs(plain.calibration! - 1) / 2)
    expect(calibrated.groupedAuc).toBeCloseTo(plain.groupedAuc!, 12)
    expect(backtestText(calibrated)).toContain('ftrl, at once, calibrated anew by: base-rate ')
  })
})

describe('a backtest that is stopped', () => {
  it('judges what was played, and says so', async () => {
    const stop = new AbortController()
    const onProgress = ({ impressions }: { impressions: number }) => {
      if (impressions === 200) stop.abort()
    }
    const { log } = await run({ signal: stop.signal, onProgress })
    expect(log).toMatchObject({ requests: 200, stoppedEarly: true })
    expect(log.notes[0]).toMatch(/^stopped early, of \d+ requests/)
  })
})

describe('a backtest without an answer says why', () => {
  it.each<[string, Partial<BacktestOptions>, string]>([
    [
      'an unknown learner',
      { learners: ['oracle'] },
      'There is no learner oracle: choose among ftrl, fm, gbdt, logistic, stack, base-rate.',
    ],
    ['an empty log', { log: smallLog({ requests: 0 }) }, 'The log holds no requests'],
    ['a day beyond the log', { fromDay: 3 }, 'The log has the days 0 to 2 (UTC)'],
    ['no positives', { log: smallLog({ outcome: () => false }) }, 'All 1500 shown items are negative'],
    [
      'nothing but positives',
      { log: smallLog({ outcome: () => true }) },
      'All 1500 shown items are positive',
    ],
    [
      'a window shorter than a retrain',
      { windowMs: HOUR_MS },
      '--window 1h is shorter than --retrain-every 6h',
    ],
    ['never without a first day', { retrainEveryMs: null }, 'give --from-day 1 or more'],
    ['a log that ends before a label is known', { labelDelayMs: 100 * HOUR_MS }, 'ftrl made no model'],
  ])('%s', async (_what, options, sentence) => {
    await expect(run(options)).rejects.toThrow(sentence)
  })

  it('a type that the label does not know', async () => {
    const feed = smallFeed({
      labels: { click: { positive: ['click'], shown: ['seen'], horizonMinutes: 10 } },
    })
    await expect(run({ feeds: [feed] })).rejects.toThrow('No item of the log counts as shown')
  })

  it('configurations that do not agree on labels', async () => {
    const other = smallFeed({
      labels: { click: { positive: ['click'], shown: ['view'], horizonMinutes: 0.1 } },
    })
    const feeds = [
      { ...smallFeed(), name: 'a' },
      { ...other, name: 'b' },
    ]
    await expect(run({ feeds })).rejects.toThrow('give b the labels of a')
  })
})
