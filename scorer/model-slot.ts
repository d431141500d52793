import type { FeatureSet, FeatureSets } from '#feature-store'
import type { ModelManifest } from '#schemas'
import type { Logger, Signals, StageRecord } from '#streams'
import type { ArtifactShelfOptions } from './artifact-shelf.ts'
import { createKnownModels } from './known-models.ts'
import { createLiveModel } from './live-model.ts'
import type { ModelLease } from './model-lease.ts'
import { createModelSettling } from './model-settling.ts'
import type { OpenModel } from './model/index.ts'

export interface ModelSlotOptions {
  openModel: OpenModel
  featureSet: FeatureSet
  /** Sets beside the configured one; left out: there are none. */
  sets?: FeatureSets | undefined
  limits: ArtifactShelfOptions
  log: Logger
  signals: Signals
}

/** Holds the one model that answers. Fed with the models and artifacts topics, in any order between the two. */
export interface ModelSlot {
  noteMove(record: StageRecord<'models'>): void
  noteArtifact(record: StageRecord<'modelArtifacts'>): void
  /** Opens and swaps in the best model that is whole and not refused. One run at a time. */
  settle(): Promise<void>
  /** A model that should serve but whose file was dropped for the bound: give its pieces again. */
  wantedAgain(): string | undefined
  /** The live model for one prediction; release it when done. undefined: none is live. */
  lease(): ModelLease | undefined
  /** Manifest of the live model. */
  live(): ModelManifest | undefined
  close(): Promise<void>
}

/**
 * Hot swap: a new model is opened and proven beside the live one, then takes its place between two predictions;
 * those at hand finish on the old one, which is closed after the last of them. A model that is refused never
 * replaces the live one; a new move or new bytes of that model are tried again. A new calibration of the live
 * model is swapped in the same way, on the file that is open.
 */
export function createModelSlot(options: ModelSlotOptions): ModelSlot {
  const known = createKnownModels(options)
  const live = createLiveModel(options)
  const settling = createModelSettling({ ...options, known, live })
  let settled: Promise<void> = Promise.resolve()
  let isDirty = false
  let isClosed = false

  async function settleAll(): Promise<void> {
    while (isDirty && !isClosed) {
      isDirty = false
      await settling.settle()
    }
  }

  options.sets?.onChange(() => {
    isDirty = true
  })

  return {
    noteMove(record) {
      isDirty = true
      known.noteMove(record)
    },
    noteArtifact(record) {
      isDirty = true
      known.noteArtifact(record)
    },
    settle() {
      const run = settled.then(settleAll)
      settled = run.catch(() => undefined)
      return run
    },
    wantedAgain: () => settling.wantedAgain(),
    lease: () => live.lease(),
    live: () => live.current()?.session.manifest,
    async close() {
      isClosed = true
      await settled
      await live.close()
    },
  }
}
