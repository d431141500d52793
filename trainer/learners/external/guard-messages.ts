import type { FileShape } from '#scorer/model'

/** What the guard is asked: one run, after the window is written. */
export interface GuardedRun {
  /** Program and arguments; the folder comes last. */
  command: readonly string[]
  timeoutMs: number
  /** Of what the program prints. */
  outputBytesMax: number
  modelBytesMax: number
  /** What the file that comes of it must take and answer. */
  shape: FileShape
}

/** What the guard answers, once. The model lies in the folder. */
export type GuardAnswer =
  | { kind: 'made'; scores: number[]; parameters: number; told: Record<string, number> }
  | { kind: 'failed'; message: string }
