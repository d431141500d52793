/** What the main thread and the ONNX worker say to each other. Types only: the worker imports no door. */

/** A tensor as the file declares it; a string dimension is symbolic. */
export interface TensorShape {
  name: string
  /** float32, int64, ...; null when it is not a tensor. */
  type: string | null
  shape: readonly (number | string)[]
}

export type WorkerCall =
  | { kind: 'open'; session: number; onnx: Uint8Array }
  | {
      kind: 'run'
      session: number
      input: string
      output: string
      vectors: Float32Array
      rows: number
      width: number
    }
  | { kind: 'close'; session: number }
  /** Release everything and end the thread, after the calls before it. Not answered. */
  | { kind: 'leave' }

export type WorkerAnswer =
  | { kind: 'opened'; inputs: TensorShape[]; outputs: TensorShape[] }
  | { kind: 'scores'; scores: Float32Array }
  | { kind: 'closed' }
  | { kind: 'failed'; message: string }

export type ToWorker = WorkerCall & { call: number }
export type FromWorker = WorkerAnswer & { call: number }
