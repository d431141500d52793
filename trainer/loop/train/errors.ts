import { OperatorError } from '#streams'

/** Why nothing was trained. */
export type TrainingRefusal =
  | 'train_options'
  | 'train_learner_unknown'
  | 'train_log_empty'
  | 'train_labels_alike'
  | 'train_part_empty'
  | 'train_rows_crowded'
  | 'train_sanity'
  | 'train_stopped'
  | 'train_mock_unfit'
  | 'train_export_unfit'
  | 'augment_slice_unknown'
  | 'augment_nothing'
  | 'augment_out'

/** Data, options and learner give no model; the message says which and what to do. */
export class TrainingError extends OperatorError {
  override readonly name = 'TrainingError'
  constructor(code: TrainingRefusal, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}

/** A folder is no run, or cannot become one. */
export class RunFolderError extends OperatorError {
  override readonly name = 'RunFolderError'
  constructor(path: string, detail: string, options?: ErrorOptions) {
    super('run_folder_unreadable', `${path}: ${detail}`, options)
  }
}
