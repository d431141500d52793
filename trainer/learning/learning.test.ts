import { describe, expect, it } from 'vitest'
import { type ModelMove, parseManifest } from '#schemas'
import { LEARNERS } from '../learners/index.ts'
import { drawRows, TRUTH } from '../testing/learner-conformance.ts'
import { sampleTrainingExample } from '../testing/sample-training-example.ts'
import { foreignCandidate, promotion, startLearning, twoLearners, width } from './testing/started-learning.ts'

const at = { occurredAtMs: 1 }

describe('while the labels of a source do not arrive', () => {
  it('nothing is learned, judged or promoted, and it is told once', async () => {
    const { learning, learn, learnSilent, moves, told, isSilent } = await startLearning([{ use: 'ftrl' }])
    await learning.takeOver(at)
    await learn(2_000)
    const before = moves().length
    await learnSilent(6_000)
    expect(moves()).toHaveLength(before)
    expect([learning.labelsOut(), isSilent()]).toEqual([['click'], 1])
    expect(told().map(({ monitor, kind }) => [monitor, kind])).toEqual([
      ['label_arrival:click:interactions', 'upstream'],
    ])
    await learn(6_000, 9)
    expect([learning.labelsOut(), isSilent()]).toEqual([[], 0])
    expect(told().map(({ kind }) => kind)).toEqual(['upstream', 'none'])
    expect(moves().length).toBeGreaterThan(before)
    const promoted = moves().filter(({ stage }) => stage === 'champion')
    for (const { manifest } of promoted) {
      const { calibration } = (JSON.parse(manifest) as { metrics: Record<string, number> }).metrics
      expect(calibration).toBeCloseTo(1, 0)
    }
    await learning.close()
  })

  it('is told by a trainer that takes over in the middle of it, too, and by the metric of one that does not lead', async () => {
    const { learning, told, isSilent } = await startLearning([{ use: 'ftrl' }])
    const usual = drawRows(5, 2_000)
    const silent = drawRows(6, 1_000).map(({ vector }) => ({ vector, label: 0 as const }))
    const examples = [...usual, ...silent].map((drawn, row) =>
      sampleTrainingExample({ ...drawn, occurredAtMs: row, maturedAtMs: row + 1 }),
    )
    learning.rebuild(examples)
    expect([told(), learning.labelsOut(), isSilent()]).toEqual([[], ['click'], 1])
    await learning.takeOver({ occurredAtMs: 3_000 })
    const [event, ...more] = told()
    expect(more).toEqual([])
    expect(event).toMatchObject({ kind: 'upstream', monitor: 'label_arrival:click:interactions' })
    expect(event!.cause).toMatch(
      /^Hardly any click has come by interactions since .+: is that source broken\? Until they come again nothing is learned, judged or promoted\.$/,
    )
    await learning.close()
  })
})

describe('a drift', () => {
  /** Scores that hold, and then those of people who like the opposite. */
  async function learnTurned({
    learn,
  }: Pick<Awaited<ReturnType<typeof startLearning>>['learning'], 'learn'>) {
    const score = (vector: readonly number[]) =>
      1 / (1 + Math.exp(2 - TRUTH.reduce((sum, weight, column) => sum + weight * vector[column]!, 0)))
    for (const [row, { vector, label }] of drawRows(5, 9_000).entries()) {
      const seen = row < 4_000 ? [...vector] : [...vector].map((value) => -value)
      const times = { occurredAtMs: row, maturedAtMs: row + 1 }
      await learn(
        sampleTrainingExample({ vector: seen, label, score: score(seen), modelId: 'served', ...times }),
      )
    }
  }

  it.each([true, false])('is announced, and answered by new models: retrain.onDrift %s', async (onDrift) => {
    const { learning, moves, told } = await startLearning([{ use: 'ftrl' }], { retrain: { onDrift } })
    await learning.takeOver(at)
    await learnTurned(learning)
    expect(told().map(({ kind }) => kind)).toContain('concept')
    const answers = moves().filter(({ reason }) => reason.startsWith('Answer to the concept drift'))
    expect(answers.length > 0).toBe(onDrift)
    await learning.close()
  })
})

describe('candidates that somebody else left', () => {
  it('are judged as well when they come while it runs, when their file is whole', async () => {
    const { learning, found, learn, movesOf } = await startLearning([{ use: 'ftrl' }])
    await learning.takeOver(at)
    found(foreignCandidate('oracle'), { pieces: 1 })
    await learn(400)
    found(foreignCandidate('oracle'))
    await learn(400, 6)
    expect(movesOf('oracle')).toEqual([])
    await learn(1, 7)
    expect(movesOf('oracle')).toEqual(['champion'])
  })

  it('are judged no more when an operator has made them live', async () => {
    const { learning, desk, found, learn, movesOf } = await startLearning([{ use: 'ftrl' }])
    await learning.takeOver(at)
    const liar = foreignCandidate('liar', { weights: TRUTH.map((weight) => -weight) })
    found(liar)
    await learn(100)
    found(liar, { stage: 'champion' })
    await learn(400, 6)
    expect(desk.champion()?.manifest.modelId).toBe(liar.manifest.modelId)
    expect(movesOf('liar')).toEqual([])
  })

  it('are judged like our own, on examples that come afterwards', async () => {
    const { learning, desk, found, learn, movesOf } = await startLearning()
    found(foreignCandidate('oracle'))
    found(foreignCandidate('liar', { weights: TRUTH.map((weight) => -weight) }))
    await learning.takeOver(at)
    await learn(399)
    expect(movesOf('oracle')).toEqual([])
    await learn(2, 6)
    expect(movesOf('oracle')).toEqual(['champion'])
    expect(movesOf('liar')).toEqual(['rejected'])
    expect(desk.champion()?.manifest.learner).toBe('oracle')
    await learning.close()
  })

  it('are rejected with a reason when they cannot be compared or opened', async () => {
    const { learning, found, moves } = await startLearning()
    found(foreignCandidate('features', { id: 'other' }))
    found(foreignCandidate('label', { label: 'like' }))
    found(foreignCandidate('pieces'), { pieces: 1 })
    const { onnx } = foreignCandidate('file', { weights: [0, 0, 0, 0] })
    found({ ...foreignCandidate('file'), onnx })
    await learning.takeOver(at)
    expect(moves().map(({ learner, stage, reason }) => [learner, stage, reason.slice(0, 30)])).toEqual([
      ['features', 'rejected', 'Made for the feature set other'],
      ['label', 'rejected', 'Predicts like, not click.'],
      ['pieces', 'rejected', 'Its file is not whole.'],
      ['file', 'rejected', 'Refused by the code that would'],
    ])
  })

  it('are the latest eight at most', async () => {
    const { learning, found, movesOf } = await startLearning()
    for (let made = 0; made < 9; made++) found(foreignCandidate(`m${String(made)}`))
    await learning.takeOver(at)
    expect(movesOf('m0')).toEqual(['rejected'])
    expect(movesOf('m1')).toEqual([])
    await learning.close()
  })
})

describe('the calibration of the champion', () => {
  const calibrated = (moves: readonly ModelMove[]) =>
    moves.filter(({ reason }) => reason.startsWith('Calibrated anew'))

  it('is fitted every hour and written as a move of the same model, with no file', async () => {
    // A base rate never takes the oracle's place.
    const { learning, desk, found, learn, learnHalved, moves } = await startLearning([{ use: 'base-rate' }])
    found(foreignCandidate('oracle'))
    await learning.takeOver(at)
    await learn(400)
    const champion = desk.champion()!.manifest
    expect(champion).toMatchObject({ learner: 'oracle', calibrationId: 'identity' })
    await learnHalved(5_000, 10_000)
    const [first, ...others] = calibrated(moves())
    expect(others).toEqual([])
    expect(first).toMatchObject({ modelId: champion.modelId, stage: 'champion', pinned: false })
    expect(first!.reason).toMatch(/^Calibrated anew on \d,\d{3} examples: (base-rate|platt)\.$/)
    const told = parseManifest(first!.manifest)
    expect(told).toEqual({ ...champion, calibration: told.calibration, calibrationId: told.calibrationId })
    expect(desk.champion()!.manifest.calibrationId).toBe(told.calibrationId)
    const [score] = await desk.champion()!.predict(new Float32Array(width), 1)
    // The model says sigmoid(-2).
    expect(score).toBeCloseTo(0.5 / (1 + Math.exp(2)), 1)
    await learning.close()
  })

  it('stays with a pinned model, and is left alone when an operator has named another', async () => {
    const { learning, desk, found, learnHalved, moves } = await startLearning()
    const pinned = foreignCandidate('pinned')
    found(pinned, { stage: 'champion', pinned: true })
    await learning.takeOver(at)
    await learnHalved(3_700, 10_000)
    expect(calibrated(moves()).map(({ pinned: isPinned }) => isPinned)).toEqual([true])
    found(foreignCandidate('broken'), { stage: 'champion', pieces: 1 })
    await learnHalved(3_700, 10_000 + 3_700_000)
    expect(calibrated(moves())).toHaveLength(1)
    expect(desk.champion()!.manifest.learner).toBe('pinned')
    await learning.close()
  })
})

describe('several learners', () => {
  it.each(Object.keys(LEARNERS))('%s makes models whose files hold what it says of them', async (use) => {
    const { learning, learn, moves } = await startLearning([{ use, name: 'it' }])
    await learning.takeOver(at)
    await learn(600)
    expect(moves().map(({ learner, stage }) => [learner, stage])).toEqual([['it', 'candidate']])
    await learn(2_000, 8)
    const judged = moves().filter(({ stage }) => stage !== 'candidate')
    expect(judged.length).toBeGreaterThanOrEqual(1)
    expect(judged.filter(({ reason }) => reason.startsWith('Refused'))).toEqual([])
    await learning.close()
  })

  it('challenge side by side, each with its own trial, and one champion serves', async () => {
    const { learning, desk, learn, moves, movesOf } = await startLearning()
    await learning.takeOver(at)
    await learn(500)
    expect(movesOf('ftrl')).toEqual(['candidate'])
    expect(movesOf('ftrl-slow')).toEqual(['candidate'])
    await learn(6_000, 7)
    expect(movesOf('ftrl')).toContain('champion')
    expect(movesOf('ftrl-slow')).toContain('rejected')
    expect(desk.champion()?.manifest.learner).toBe('ftrl')
    const last = new Map(moves().map(({ modelId, stage }) => [modelId, stage]))
    expect([...last.values()].filter((stage) => stage === 'champion')).toHaveLength(1)
    expect([...last.values()].filter((stage) => stage === 'candidate').length).toBeLessThanOrEqual(2)
    await learning.close()
  })

  it('are told of on the same examples while they are on trial, each beside the champion', async () => {
    const slow = {
      ...promotion,
      freshExamplesMin: 3_000,
      freshExamplesMax: 9_000,
      standingEveryExamples: 500,
    }
    const { learning, learn, found, moves } = await startLearning(twoLearners, { promotion: slow })
    found(foreignCandidate('oracle', { weights: [0, 0, 0, 0] }), { stage: 'champion' })
    await learning.takeOver(at)
    await learn(3_400)
    const standings = moves().filter(({ reason }) => reason.startsWith('On trial: '))
    const last = standings.slice(-2)
    expect(last.map(({ learner }) => learner)).toEqual(['ftrl', 'ftrl-slow'])
    const [fast, slower] = last.map(({ manifest }) => parseManifest(manifest).metrics)
    expect(fast!['examples']).toBe(slower!['examples'])
    expect(fast!['examples']).toBeGreaterThanOrEqual(2_000)
    expect(last[0]!.reason).toMatch(/^On trial: \d+ of 3000 fresh examples so far\.$/)
    // Better than one who says the same of all; the slow one has hardly learned.
    expect(fast!['logLossToChampion']!).toBeLessThan(slower!['logLossToChampion']!)
    expect(fast!['logLossToChampion']! + 2 * fast!['logLossToChampionError']!).toBeLessThan(0)
    await learning.close()
  })
})
