import type { ModelSession } from '#scorer/model'
import type { Candidate } from '../../export/candidate.ts'
import type { TrainingExample } from '../../learning/training-example.ts'
import { createLiveGate, type LiveGate, type LiveGateParts } from './live-gate.ts'

/** How a model goes live: judged as in the live loop, or at once. */
export type Gate = 'live' | 'none'

/** A model that goes live behind a gate. */
export interface Going {
  /** Event time. */
  atMs: number
  modelId: string
}

/** Who of one learner's models answers, behind each of the gates. Told in the order of event time. */
export interface Serving {
  /** `previous`: the one that answered before, without a gate. */
  who(gate: Gate | 'previous'): ModelSession | undefined
  /** When which model went live. */
  readonly live: Readonly<Record<Gate, Going[]>>
  /** A model was made. @returns the last one that answers no more is closed */
  take(candidate: Candidate, atMs: number): Promise<void>
  /** A label is known. @param settle called before another model answers */
  learn(example: TrainingExample, settle: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

export function createServing(gates: readonly Gate[], parts: LiveGateParts): Serving {
  const { openModel } = parts
  const gate: LiveGate | undefined = gates.includes('live') ? createLiveGate(parts) : undefined
  const live: Record<Gate, Going[]> = { none: [], live: [] }
  let current: ModelSession | undefined
  let previous: ModelSession | undefined

  return {
    live,
    who(of) {
      if (of === 'live') return gate?.champion()
      return of === 'none' ? current : previous
    },
    async take(candidate, atMs) {
      const session = await openModel(candidate.onnx, candidate.manifest)
      await previous?.close()
      previous = current
      current = session
      live.none.push({ atMs, modelId: candidate.manifest.modelId })
      await gate?.propose(candidate, atMs)
    },
    async learn(example, settle) {
      gate?.add(example)
      if (gate?.isDue() !== true) return
      await settle()
      if (await gate.decide())
        live.live.push({ atMs: example.maturedAtMs, modelId: gate.champion()!.manifest.modelId })
    },
    async close() {
      await gate?.close()
      await previous?.close()
      await current?.close()
    },
  }
}
