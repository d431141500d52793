import { describe, expect, it } from 'vitest'
import { bytesOfVector, type Example } from '#schemas'
import { artifactsOf, type Candidate, candidateOf, goldenVectors } from '../export/candidate.ts'
import { linearTrainedModel } from '../export/linear-model.ts'
import { provableModelOf } from '../export/provable-model.ts'
import { drawRows, TRUTH } from '../testing/learner-conformance.ts'
import { openLinearModel } from '../testing/linear-models.ts'
import { compareModels, comparisonSentence } from './model-comparison.ts'
import { createModelLog } from './model-log.ts'

const width = TRUTH.length
const FEED = { featureSetId: 'fs', objective: 'click' }

function candidate(learner: string, weights: readonly number[], { examples = 0, toMs = 0 } = {}): Candidate {
  const facts = { examples, rounds: 1, parameters: 5 }
  const trained = linearTrainedModel({ weights: Float64Array.from(weights), bias: -2 }, learner, facts)
  return candidateOf({
    model: provableModelOf(trained, goldenVectors([], width)),
    ...{ learner, objective: 'click', sequence: 1, goldenTolerance: 1e-5, createdAtMs: 0 },
    featureSet: { id: 'fs', names: ['a', 'b', 'c', 'd'], width },
    trainedOn: { fromMs: 0, toMs },
  })
}

function logOf(...candidates: Candidate[]) {
  const modelLog = createModelLog()
  for (const { manifest, onnx } of candidates) {
    const { modelId, learner } = manifest
    const value = {
      ...{ modelId, learner, stage: 'retired' as const, reason: '', movedAtMs: 0, occurredAtMs: 0 },
      ...{ manifest: JSON.stringify(manifest), pinned: false },
    }
    modelLog.noteMove({ key: Buffer.from(modelId), value })
    for (const artifact of artifactsOf({ manifest, onnx }, 10_000))
      modelLog.noteArtifact({
        key: Buffer.from(`${modelId}/${String(artifact.index)}`),
        value: artifact,
        brokerTimeMs: 0,
      })
  }
  return modelLog
}

const examples = (count: number): Example[] =>
  drawRows(4, count).map(({ vector, label }, at) => ({
    ...{ exampleId: `e${String(at)}`, predictionId: 'p', requestId: 'r', userId: 'u', itemId: 'i' },
    ...{ modelId: '', featureSetId: 'fs', fallbackReason: null, occurredAtMs: 1_000 + at, maturedAtMs: at },
    ...{ rank: 0, propensity: 1, score: null, toldBy: [], labelsOut: [], position: null },
    vector: bytesOfVector(Float32Array.from(vector)),
    flags: Buffer.alloc(width),
    labels: [{ name: 'click', value: label }],
  }))

const good = candidate('good', TRUTH)
const bad = candidate('bad', [0, 0, 0, 0], { examples: 50, toMs: 1_500 })
const idOf = ({ manifest }: Candidate) => manifest.modelId
const compared = (ids: [string, string], count = 2_000) =>
  compareModels(ids, {
    ...{ ...FEED, openModel: openLinearModel, modelLog: logOf(good, bad) },
    newestExamples: () => Promise.resolve(examples(count)),
  })

describe('two models on the same examples', () => {
  it('have each its metrics, and a difference with its error', async () => {
    const comparison = await compared([idOf(good), idOf(bad)])
    const [one, other] = comparison.models
    expect([one.modelId, other.modelId]).toEqual([idOf(good), idOf(bad)])
    expect([one.examples, other.examples]).toEqual([2_000, 2_000])
    expect(comparison.difference).toBeCloseTo(one.logLoss! - other.logLoss!, 10)
    expect(-comparison.difference / comparison.standardError).toBeGreaterThan(3)
    expect(one.auc).toBeGreaterThan(0.6)
    expect(other.auc).toBe(0.5)
    // The one says nothing of what it has learned from, the other has seen some of these.
    expect([one.knowsSome, other.knowsSome]).toEqual([false, true])
    expect(comparisonSentence(comparison)).toMatch(
      /^The log-loss of good-\S+ is lower than that of bad-\S+ by 0\.0\d+ \(standard error 0\.00\d+\) on the same 2,000 examples\.$/,
    )
  })

  it('turn the sign when they are turned', async () => {
    const [there, back] = [await compared([idOf(good), idOf(bad)]), await compared([idOf(bad), idOf(good)])]
    expect(back.difference).toBe(-there.difference)
    expect(back.standardError).toBeCloseTo(there.standardError, 12)
    expect(comparisonSentence(back)).toBe(comparisonSentence(there))
  })

  it('may be the same one, or differ by chance', async () => {
    const same = await compared([idOf(good), idOf(good)])
    expect(same).toMatchObject({ difference: 0, standardError: 0 })
    expect(comparisonSentence(same)).toBe('Both have the same log-loss on the same 2,000 examples.')
    expect(comparisonSentence(await compared([idOf(good), idOf(bad)], 20))).toMatch(/may be chance/)
  })

  it('cannot be compared when one is not there, or on nothing', async () => {
    await expect(compared([idOf(good), 'nobody'])).rejects.toMatchObject({ code: 'model_unknown' })
    await expect(compared([idOf(good), idOf(bad)], 0)).rejects.toMatchObject({ code: 'compare_no_examples' })
  })
})
