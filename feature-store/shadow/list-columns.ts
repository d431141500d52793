import { durationText } from './progress.ts'
import type { ReplayJob, ReplayRun } from './replay-job.ts'

/** Of `replay list`, whatever is replayed. */
export const LIST_COLUMNS = [
  'replay',
  'kind',
  'state',
  'from',
  'to',
  'done',
  'left',
  'per s',
  'time left',
  'runs at',
]

/** What `replay list` tells of one, whatever is replayed. */
export interface Listed {
  job: Pick<ReplayJob, 'name' | 'from' | 'to'> & { kind: string }
  state: string
  /** Offsets, or records. */
  progress: { done: number; total: number; left: number }
  /** null: nobody runs it. */
  run: Pick<ReplayRun, 'where' | 'interactionsPerSecond'> | null
}

/** Its cells, under `LIST_COLUMNS`. */
export function listCells({ job, state, progress, run }: Listed): (string | number)[] {
  const { done, total, left } = progress
  const rate = run?.interactionsPerSecond ?? 0
  return [
    ...[job.name, job.kind, state, job.from, job.to],
    total === 0 ? '100.0 %' : `${((100 * done) / total).toFixed(1)} %`,
    ...[left, Math.round(rate), durationText(left, rate), run?.where ?? '-'],
  ]
}
