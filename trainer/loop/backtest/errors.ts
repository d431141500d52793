import { OperatorError } from '#streams'

/** Why a backtest has no answer. */
export type BacktestRefusal =
  | 'backtest_options'
  | 'backtest_learner_unknown'
  | 'backtest_log_empty'
  | 'backtest_day_beyond'
  | 'backtest_labels_alike'
  | 'backtest_no_model'
  | 'backtest_rows_differ'

/** The log, the options and the learners give nothing to judge; the message says which and what to do. */
export class BacktestError extends OperatorError {
  override readonly name = 'BacktestError'
  constructor(code: BacktestRefusal, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}
