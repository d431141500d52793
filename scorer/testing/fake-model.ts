import type { CalibrationKind } from '../model/calibration-kind.ts'
import { checkBytes } from '../model/file-check.ts'
import type { OpenModel, ProvenModel } from '../model/index.ts'
import { proveModel } from '../model/proven-model.ts'

export interface FakeModels {
  openModel: OpenModel
  /** Files that were opened, in order, each by its first session. */
  readonly opened: FakeSession[]
  /** Every later call of every session fails like this; undefined: works again. */
  failWith(error: Error | undefined): void
  /** Calls wait until `letGo`. */
  hold(): void
  letGo(): void
}

export interface FakeSession extends ProvenModel {
  readonly calls: number
  /** The file, which sessions of other calibrations may share. */
  readonly isClosed: boolean
}

/**
 * Models without ONNX Runtime: the score of a row is computed by `score`. Same checks, same errors as the real
 * ones (model/conformance.ts holds the two together).
 */
export function createFakeModels(
  score: (row: Float32Array, modelId: string) => number,
  kinds?: readonly CalibrationKind[],
): FakeModels {
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
      const { width, modelId } = manifest
      const file = { calls: 0, isClosed: false }
      const raw = {
        async predict(vectors: Float32Array, rows: number) {
          file.calls += 1
          await gate
          if (failure !== undefined) throw failure
          return Float32Array.from({ length: rows }, (_, row) =>
            score(vectors.subarray(row * width, (row + 1) * width), modelId),
          )
        },
        async close() {
          file.isClosed = true
        },
      }
      const session: FakeSession = {
        ...(await proveModel(raw, manifest, kinds)),
        get calls() {
          return file.calls
        },
        get isClosed() {
          return file.isClosed
        },
      }
      opened.push(session)
      return session
    },
  }
}
