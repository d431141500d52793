import type { ModelSession, OpenModel } from '../model/index.ts'
import { ModelCallError } from '../model/index.ts'
import { checkBytes } from '../model/file-check.ts'
import { proveGoldenVectors } from '../model/golden.ts'
import { checkInput, checkScores } from '../model/probabilities.ts'

export interface FakeModels {
  openModel: OpenModel
  /** Sessions that were opened, in order. */
  readonly opened: FakeSession[]
  /** Every later call of every session fails like this; undefined: works again. */
  failWith(error: Error | undefined): void
  /** Calls wait until `letGo`. */
  hold(): void
  letGo(): void
}

export interface FakeSession extends ModelSession {
  readonly calls: number
  readonly isClosed: boolean
}

/**
 * Models without ONNX Runtime: the score of a row is computed by `score`. Same checks, same errors as the real
 * ones (model/conformance.ts holds the two together).
 */
export function createFakeModels(score: (row: Float32Array, modelId: string) => number): FakeModels {
  const opened: FakeSession[] = []
  let failure: Error | undefined
  let gate: Promise<void> = Promise.resolve()
  let open = (): void => undefined

  return {
    opened,
    failWith(error) {
      failure = error
    },
    hold() {
      gate = new Promise((resolve) => (open = resolve))
    },
    letGo() {
      open()
    },
    async openModel(onnx, manifest) {
      checkBytes(onnx, manifest)
      let calls = 0
      let isClosed = false
      const session: FakeSession = {
        manifest,
        get calls() {
          return calls
        },
        get isClosed() {
          return isClosed
        },
        async predict(vectors, rows) {
          checkInput(vectors, rows, manifest)
          if (isClosed) throw new ModelCallError('session_closed', 'the model session was closed')
          calls += 1
          await gate
          if (failure !== undefined) throw failure
          const { width, modelId } = manifest
          const scores = Float32Array.from({ length: rows }, (_, row) =>
            score(vectors.subarray(row * width, (row + 1) * width), modelId),
          )
          checkScores(scores, rows, manifest)
          return scores
        },
        async close() {
          isClosed = true
        },
      }
      await proveGoldenVectors(session)
      opened.push(session)
      return session
    },
  }
}
