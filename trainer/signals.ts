import type { SignalDeclaration } from '#streams'

/** Names of this part's metrics, for the code that counts. */
export const SIGNALS = {
  recordsJoined: 'joiner_records_joined',
  predictionsMatured: 'joiner_predictions_matured',
  examplesMatured: 'joiner_examples_matured',
  itemsShownLate: 'joiner_items_shown_late',
  outcomesUnmatched: 'joiner_outcomes_unmatched',
  predictionsPending: 'joiner_predictions_pending',
  pendingMemory: 'joiner_pending_memory_bytes',
  pendingDisk: 'joiner_pending_disk_bytes',
  batchesHeldBack: 'joiner_batches_held_back',
  examplesLearned: 'learner_examples_learned',
  examplesSkipped: 'learner_examples_skipped',
  fitsEnded: 'learner_fits_ended',
  fitProgress: 'learner_fit_progress_share',
  overprediction: 'learner_overprediction_probability',
  overclaim: 'learner_overclaim_nats',
  labelSourceSilent: 'learner_label_source_silent',
  modelsMoved: 'learner_models_moved',
  modelsCalibrated: 'learner_models_calibrated',
  driftDetected: 'learner_drift_detected',
} as const

/** What the trainer tells. Every name used with Signals in this part is here. */
export const TRAINER_SIGNALS = [
  {
    kind: 'counter',
    name: SIGNALS.recordsJoined,
    help: 'records of the joiner by verdict: joined, held, duplicate, late, shown_late, wrong_user, overflowed',
    labels: ['topic', 'verdict'],
  },
  {
    kind: 'counter',
    name: SIGNALS.predictionsMatured,
    help: 'predictions whose labels are final',
    labels: [],
  },
  { kind: 'counter', name: SIGNALS.examplesMatured, help: 'examples written', labels: [] },
  {
    kind: 'counter',
    name: SIGNALS.itemsShownLate,
    help: 'items shown longer than shownWithinMinutes after their request: no examples',
    labels: [],
  },
  {
    kind: 'counter',
    name: SIGNALS.outcomesUnmatched,
    help: 'outcomes whose prediction never came, or came for another user',
    labels: [],
  },
  {
    kind: 'gauge',
    name: SIGNALS.predictionsPending,
    help: 'waiting for their labels',
    labels: ['partition'],
  },
  {
    kind: 'gauge',
    name: SIGNALS.pendingMemory,
    help: 'memory of what waits for its labels, of pendingBytesMax',
    labels: [],
  },
  {
    kind: 'gauge',
    name: SIGNALS.pendingDisk,
    help: 'scratch file of predictions that memory does not hold, of pendingDiskBytesMax',
    labels: [],
  },
  {
    kind: 'counter',
    name: SIGNALS.batchesHeldBack,
    help: 'batches that were put off since a bound was reached: earlyOutcomesMax, pendingPredictionsMax, pendingBytesMax, pendingDiskBytesMax, disk_full',
    labels: ['reason'],
  },
  { kind: 'counter', name: SIGNALS.examplesLearned, help: 'examples learned from', labels: [] },
  {
    kind: 'counter',
    name: SIGNALS.examplesSkipped,
    help: 'left out: duplicate, feature_set, no_label, malformed, label_outage',
    labels: ['reason'],
  },
  {
    kind: 'counter',
    name: SIGNALS.fitsEnded,
    help: 'fits in a worker thread by outcome: made, failed, abandoned',
    labels: ['outcome'],
  },
  {
    kind: 'gauge',
    name: SIGNALS.fitProgress,
    help: 'how much of the fit that runs is done, 0 to 1',
    labels: [],
  },
  {
    kind: 'gauge',
    name: SIGNALS.overprediction,
    help: 'how far served scores lie above what comes true, mean of the detector window',
    labels: [],
  },
  {
    kind: 'gauge',
    name: SIGNALS.overclaim,
    help: 'how much more served scores tell apart than comes true, mean of the detector window',
    labels: [],
  },
  {
    kind: 'gauge',
    name: SIGNALS.labelSourceSilent,
    help: '1 while the positives of a label do not arrive from this topic, against their usual number',
    labels: ['label', 'source'],
  },
  { kind: 'counter', name: SIGNALS.modelsMoved, help: 'models by where they went', labels: ['stage'] },
  {
    kind: 'counter',
    name: SIGNALS.modelsCalibrated,
    help: 'new calibrations of the live model by kind: identity, base-rate, platt, isotonic',
    labels: ['kind'],
  },
  { kind: 'counter', name: SIGNALS.driftDetected, help: 'drift events by kind', labels: ['kind'] },
] as const satisfies readonly SignalDeclaration[]

/** Log messages that people and alerts look for. */
export const LOG_EVENTS = {
  joinerWaits: 'joiner_waits_for_room',
  joinerOverflowed: 'joiner_overflowed',
  scratchMissing: 'scratch_folder_not_usable',
  rebuilt: 'learner_rebuilt',
  modelMoved: 'model_moved',
  modelCalibrated: 'model_calibrated',
  driftDetected: 'drift_detected',
  championMissing: 'champion_not_opened',
  fitFailed: 'fit_failed',
  candidateAbandoned: 'candidate_abandoned',
} as const
