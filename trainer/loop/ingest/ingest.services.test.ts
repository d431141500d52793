import { openOpenBanditLog } from '../datasets/index.ts'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { partitionOf, streamsConfigSchema } from '#streams'
import { startFeedloop } from '#streams/testing'
import { describeServices } from '#streams/testing/services'

const FIXTURE = fileURLToPath(new URL('../datasets/fixtures/open-bandit', import.meta.url))
/** The fixture's README. */
const IMPRESSIONS = 4_000

/** What `--json` prints, as far as it is looked at here. */
interface Report {
  dataset: string
  log: Record<'rows' | 'impressions' | 'fromMs' | 'toMs' | 'unanswered', number> & { stoppedEarly: boolean }
  quality: Record<
    'examples' | 'positives' | 'logLoss' | 'baseLogLoss' | 'normalizedEntropy' | 'auc' | 'calibration',
    number | null
  >
  interactions: Record<
    | 'produced'
    | 'acknowledged'
    | 'applied'
    | 'lost'
    | 'duplicates'
    | 'entities'
    | 'entitiesDifferent'
    | 'deadLetters',
    number
  >
  requests: number
  predictions: Record<'written' | 'lost' | 'duplicates', number>
  examples: number
  examplesMissing: number
  models: {
    id: string
    stage: string
    promotedAtMs: number | null
    reason: string
    metrics: Record<string, number>
  }[]
  skew: { vectorsChecked: number; mismatches: number }
}

/** The label horizon of the data set's feed and the grace for late outcomes. */
const HORIZON_MS = 3_600_000
const GRACE_MS = 60_000

/** Impressions whose outcome is decided when the log ends: later ones of the same partition are past their horizon. */
async function maturedOf(path: string, waitMs: number): Promise<number> {
  const log = await openOpenBanditLog(path)
  const { partitions } = streamsConfigSchema.parse({}).kafka
  const seenAtMs = Array.from({ length: partitions }, (): number[] => [])
  for await (const entry of log.entries())
    if (entry.kind === 'impression') seenAtMs[partitionOf(entry.request.userId, partitions)]!.push(entry.atMs)
  return seenAtMs.reduce((sum, times) => {
    const endMs = Math.max(...times)
    return sum + times.filter((atMs) => atMs + waitMs <= endMs).length
  }, 0)
}

/** A model serves only if it beats the base rate; on so few clicks it may be that none does. */
function expectHonestModels({ models, quality }: Report): void {
  const judged = models.filter(({ metrics }) => metrics['examples'] !== undefined)
  expect(judged.length).toBeGreaterThanOrEqual(1)
  for (const { promotedAtMs, stage, metrics, reason } of judged) {
    if (promotedAtMs === null)
      expect({ stage, reason }).toMatchObject({
        stage: 'rejected',
        reason: expect.stringMatching(/\.$/) as unknown,
      })
    else expect(metrics['normalizedEntropy']! < 1 || /but the answer to a \w+ drift/.test(reason)).toBe(true)
  }
  const { examples, positives, logLoss, baseLogLoss, normalizedEntropy } = quality
  const hasServed = models.some(({ promotedAtMs }) => promotedAtMs !== null)
  if (!hasServed) return expect(examples).toBe(0)
  // Promoted when the log was all but over: too few for a rate.
  if (positives === 0) return
  // Against the predictor that knows the base rate of these very examples.
  const rate = positives! / examples!
  expect(baseLogLoss).toBeCloseTo(-rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate), 10)
  expect(normalizedEntropy).toBeCloseTo(logLoss! / baseLogLoss!, 10)
}

describeServices('ingest open-bandit, a real log through the whole loop', (addresses) => {
  test('every impression is answered, nothing is lost, and what was learned from it is judged', async () => {
    const argv = ['ingest', 'open-bandit', '--path', FIXTURE, '--json', '--consistency', 'eventual']
    const { exitCode, stdout, stderr } = await startFeedloop(argv, addresses).ended
    expect(exitCode, stderr).toBe(0)
    const report = JSON.parse(stdout) as Report

    expect(report.dataset).toBe('open-bandit')
    expect(report.log).toMatchObject({
      rows: IMPRESSIONS,
      impressions: IMPRESSIONS,
      unanswered: 0,
      stoppedEarly: false,
    })
    expect(new Date(report.log.fromMs).toISOString()).toMatch(/^2019-11-2/)
    expect(report.requests).toBe(IMPRESSIONS)
    expect(report.predictions).toMatchObject({ written: IMPRESSIONS, lost: 0, duplicates: 0 })
    const { produced } = report.interactions
    expect(produced).toBeGreaterThan(IMPRESSIONS)
    expect(report.interactions).toMatchObject({
      acknowledged: produced,
      applied: produced,
      lost: 0,
      duplicates: 0,
      entitiesDifferent: 0,
      deadLetters: 0,
    })
    expect(report.skew.vectorsChecked).toBeGreaterThan(0)
    expect(report.skew.mismatches).toBe(0)

    // A partition that rests may stop up to a grace before its end.
    expect(report.examples).toBeGreaterThanOrEqual(await maturedOf(FIXTURE, HORIZON_MS + 2 * GRACE_MS))
    expect(report.examples).toBeLessThanOrEqual(await maturedOf(FIXTURE, HORIZON_MS + GRACE_MS))
    expect(report.examplesMissing).toBe(0)
    expectHonestModels(report)
  })

  test('a folder without the data set is one sentence and exit 1', async () => {
    const { exitCode, stdout, stderr } = await startFeedloop(
      ['ingest', 'open-bandit', '--path', fileURLToPath(new URL('../../../streams', import.meta.url))],
      addresses,
    ).ended
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toMatch(/^feedloop: .*streams.*$/m)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})
