import { describe, expect, it } from 'vitest'
import type { ProvenModel } from '#scorer/model'
import { silentLogger } from '#streams'
import { trainerConfigSchema } from '../config.ts'
import { sampleTrainingExample } from '../testing/sample-training-example.ts'
import { createChallenger } from './challenger.ts'
import { createHistory } from './history.ts'
import type { MakingResult } from './model-source.ts'

const MINUTE_MS = 60_000
const FACTS = { examples: 9, positives: 1, fromMs: 0, toMs: 3 * 3_600_000 }

/** A challenger whose fits end when the test says so. */
function started(retrain: Record<string, unknown>, promotion: Record<string, unknown> = {}) {
  const config = trainerConfigSchema.parse({
    retrain,
    promotion: { firstCandidateExamples: 10, candidateEveryExamples: 50, ...promotion },
    drift: { retrainExamplesMin: 5 },
  })
  const history = createHistory(1_000)
  const told: string[] = []
  const unseen: number[] = []
  let [hasChampion, begun, anew, hasNews, fits] = [true, 0, 0, true, true]
  let result: MakingResult | undefined
  let isTold = true
  let ending = Promise.resolve()
  const challenger = createChallenger({
    name: 'it',
    source: {
      take: () => undefined,
      hasNews: () => hasNews,
      begin() {
        begun += 1
        isTold = false
      },
      beginAnew() {
        anew += 1
        isTold = false
      },
      begun() {
        if (isTold || !fits) return undefined
        isTold = true
        return FACTS
      },
      finished() {
        const told = result
        result = undefined
        return told
      },
      settled: () => ending,
      abandon: () => ({ ...FACTS, seconds: 1.5 }),
    },
    history,
    ...{ promotion: config.promotion, retrain: config.retrain, drift: config.drift },
    hasChampion: () => hasChampion,
    isOnTrial: () => false,
    propose: () => Promise.resolve({ manifest: { modelId: 'it-1' } } as ProvenModel),
    beginTrial: (_, __, examples) => void unseen.push(examples.length),
    tell(news) {
      told.push(news.kind === 'began' ? `began by ${news.trigger}` : `${news.kind}: ${news.came}`)
      return Promise.resolve()
    },
    log: silentLogger,
  })
  return {
    ...{ challenger, told, unseen },
    counts: () => [begun, anew],
    champion: (is: boolean) => void (hasChampion = is),
    news: (has: boolean) => void (hasNews = has),
    /** Its next fit takes until this resolves, and then fails. */
    fitsUntil: (over: Promise<void>) =>
      void (ending = over.then(
        () =>
          void (result = { kind: 'failed', error: new Error('no memory'), fit: { ...FACTS, seconds: 2 } }),
      )),
    fitsNothing: () => void (fits = false),
    /** An example a minute, and what follows from it. */
    async learn(count: number) {
      for (let at = 0; at < count; at++) {
        const atMs = history.count * MINUTE_MS
        history.add(sampleTrainingExample({ vector: [0], occurredAtMs: atMs, maturedAtMs: atMs }))
        await challenger.advance()
      }
    },
    async end(kind: 'made' | 'failed') {
      const fit = { ...FACTS, seconds: 2 }
      result =
        kind === 'made'
          ? { kind, fit, model: { facts: FACTS } as never }
          : { kind, fit, error: new Error('no memory') }
      await challenger.advance()
    },
  }
}

it('is judged on what came while it was made, too', async () => {
  const { learn, end, unseen } = started({})
  await learn(50)
  await learn(7)
  await end('made')
  await learn(50)
  await end('made')
  // The second began 50 examples after the first.
  expect(unseen).toEqual([7, 7])
})

describe('a model is due', () => {
  it('by the examples of promotion, where nothing else is said', async () => {
    const { learn, end, counts, told } = started({})
    await learn(49)
    expect(counts()).toEqual([0, 0])
    await learn(1)
    expect(counts()).toEqual([1, 0])
    await end('made')
    await learn(50)
    expect(counts()).toEqual([2, 0])
    expect(told).toEqual([
      'began by examples',
      'made: its model it-1 waits for 2,000 fresh examples.',
      'began by examples',
    ])
  })

  it('by time or examples, whichever comes first', async () => {
    const byTime = started({ everyMinutes: 30, everyExamples: 100 })
    await byTime.learn(1)
    await byTime.end('made')
    await byTime.learn(29)
    expect(byTime.counts()).toEqual([1, 0])
    await byTime.learn(1)
    expect(byTime.told.filter((text) => text.startsWith('began'))).toEqual(['began by time', 'began by time'])
    const byExamples = started({ everyMinutes: 300, everyExamples: 20 })
    await byExamples.learn(1)
    await byExamples.end('made')
    await byExamples.learn(20)
    expect(byExamples.told.at(-1)).toBe('began by examples')
  })

  it('not before the last one has cooled down, unless nothing serves', async () => {
    const { learn, end, counts, champion } = started({ everyExamples: 10, coolDownMinutes: 40 })
    await learn(10)
    await end('failed')
    await learn(39)
    expect(counts()).toEqual([1, 0])
    await learn(1)
    expect(counts()).toEqual([2, 0])
    champion(false)
    await end('failed')
    await learn(10)
    expect(counts()).toEqual([3, 0])
  })

  it('not while it would know nothing new', async () => {
    const { learn, counts, news } = started({})
    news(false)
    await learn(80)
    expect(counts()).toEqual([0, 0])
    news(true)
    await learn(1)
    expect(counts()).toEqual([1, 0])
  })
})

it('gives up for a drift, tells so, and answers when the last one has cooled down', async () => {
  const { challenger, learn, counts, told } = started({ everyExamples: 20, coolDownMinutes: 30 })
  await learn(20)
  challenger.follow({ atCount: 20, kind: 'concept' })
  await learn(29)
  expect(counts()).toEqual([1, 0])
  await learn(1)
  expect(counts()).toEqual([1, 1])
  expect(told).toEqual([
    'began by examples',
    'abandoned: it was given up, since a drift was found.',
    'began by drift',
  ])
})

it('lets examples wait for a fit that is under way, where that is wanted', async () => {
  const { learn, fitsUntil, told } = started({ everyExamples: 5, examplesWait: true })
  let end: () => void = () => undefined
  fitsUntil(new Promise((resolve) => (end = resolve)))
  let isLearned = false
  const learning = learn(7).then(() => (isLearned = true))
  await new Promise(setImmediate)
  expect({ told, isLearned }).toEqual({ told: ['began by examples'], isLearned: false })
  end()
  await learning
  expect(told).toEqual(['began by examples', 'failed: no model came of it, no memory.'])
})

it('says that a fit failed, and why', async () => {
  const { learn, end, told } = started({})
  await learn(50)
  await end('failed')
  expect(told.at(-1)).toBe('failed: no model came of it, no memory.')
})
