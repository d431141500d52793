import { ModelCallError } from '#scorer/model'
import { vectorsOf } from '../learning/training-example.ts'
import type { ModelDesk } from '../models/model-desk.ts'
import type { CauseFacts, WatchedExample } from './causes.ts'
import { levelDeficit } from './level-deficit.ts'
import type { Symptom } from './loss-watch.ts'
import { slopeDeficit } from './slope-deficit.ts'

export interface SwapQuestion {
  /** What has risen: the honesty of both models is compared in that. */
  symptom: Symptom
  before: readonly WatchedExample[]
  after: readonly WatchedExample[]
  desk: Pick<ModelDesk, 'champion' | 'replaced'>
  width: number
}

/**
 * When the champion answered most of what came after the change and little of what came before: how honest the model
 * it replaced would have been on the same examples. undefined: no swap can be behind it.
 */
export async function swapFacts({
  symptom,
  before,
  after,
  desk,
  width,
}: SwapQuestion): Promise<CauseFacts['swap']> {
  const [champion, replaced] = [desk.champion(), desk.replaced()]
  if (champion === undefined || replaced === undefined) return undefined
  const { modelId } = champion.manifest
  const own = after.filter(({ example }) => example.modelId === modelId).map(({ example }) => example)
  const ownBefore = before.filter(({ example }) => example.modelId === modelId).length
  if (own.length < after.length / 2 || ownBefore > before.length / 2) return undefined
  const scores = await replaced.predict(vectorsOf(own, width), own.length).catch((error: unknown) => {
    // Nobody can tell any more: the other causes are sought.
    if (error instanceof ModelCallError) return undefined
    throw error
  })
  if (scores === undefined) return undefined
  const deficitOf = symptom === 'overprediction' ? levelDeficit : slopeDeficit
  return {
    from: replaced.manifest.modelId,
    to: modelId,
    replaced: deficitOf(own.map(({ label }, at) => ({ score: scores[at]!, label }))),
    served: deficitOf(own.map(({ label, score }) => ({ score: score ?? 0.5, label }))),
  }
}
