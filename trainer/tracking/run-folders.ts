import type { TrackedRun, TrackedRunInput } from './run.ts'

/** `broken`: its run.json cannot be read; `refused`: MLflow does not take it as it is. */
export type RunState = 'waiting' | 'sent' | 'refused' | 'broken'

export interface ListedRun {
  /** Name of its folder. */
  name: string
  /** Of its folder, for messages. */
  place: string
  state: RunState
  /** Of all its files. */
  bytes: number
  /** When run.json was written, ms. */
  writtenAtMs: number
  /** Why it is refused or broken. */
  reason?: string
}

/** What is kept of a run that was sent. */
export interface SentNote {
  url: string
  experimentId: string
  mlflowRunId: string
  /** Of the registered model. */
  version?: string
  sentAtMs: number
}

/** Runs in a folder, each in one of its own, whole: `run.json` and the files that it names. */
export interface RunFolders {
  /** Oldest first. */
  list(): Promise<ListedRun[]>
  /** @throws RunInvalidError */
  read(name: string): Promise<{ run: TrackedRun; place: string }>
  /** undefined: larger than that. @throws RunInvalidError when it is not there */
  file(name: string, path: string, bytesMax: number): Promise<Uint8Array | undefined>
  /** The run is there whole or not at all, whatever happens meanwhile. */
  add(run: TrackedRunInput, files: ReadonlyMap<string, Uint8Array>): Promise<void>
  markSent(name: string, note: SentNote): Promise<void>
  markRefused(name: string, reason: string): Promise<void>
  remove(name: string): Promise<void>
  /** One process at a time sends from a folder. @returns undefined: another one does, and nothing was done */
  exclusively<T>(work: () => Promise<T>): Promise<T | undefined>
}
