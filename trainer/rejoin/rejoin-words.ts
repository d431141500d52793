import { listCells } from '#feature-store/shadow'
import { table } from '#streams'
import type { RejoinEnd } from './process-rejoin.ts'
import type { RejoinJob, rejoinProgress } from './rejoin-job.ts'

/** A job, and what is seen of it from outside. */
export interface RejoinLook {
  job: RejoinJob
  progress: ReturnType<typeof rejoinProgress>
  /** In its topic; null: there is none any more. */
  examples: number | null
  run: { where: string; interactionsPerSecond: number } | null
}

function stateText({ job, run }: RejoinLook): string {
  if (job.state === 'done' || job.state === 'cancelled') return job.state
  if (run === null) return job.state === 'paused' ? 'paused, no process' : 'no process: resume it'
  return job.state
}

/** Its cells in `replay list`. */
export const rejoinRow = (look: RejoinLook) => listCells({ ...look, state: stateText(look) })

export function rejoinStatusText({ job, examples }: RejoinLook): string {
  const rows = job.sources.flatMap(({ topicName, starts, reads, needs, ends }) =>
    starts.map((start, p) => [
      `${topicName}[${String(p)}]`,
      start,
      reads[p]!,
      needs[p]!,
      ends[p]!,
      ends[p]! - reads[p]!,
    ]),
  )
  const rate = job.ratePerSecond === null ? 'no limit' : `${String(job.ratePerSecond)} records/s`
  const there = examples === null ? 'the topic is gone' : `${examples.toLocaleString('en-US')} examples`
  const labels = Object.entries(job.definition.labels).map(
    ([name, { positive, horizonMinutes }]) =>
      `${name}: ${positive.join(' or ')} within ${String(horizonMinutes)} min`,
  )
  return [
    `topic ${job.topicName}: ${there}; rate ${rate}`,
    `labels ${labels.join('; ')}`,
    table(['partition', 'from', 'next', 'needed', 'to', 'left'], rows),
  ].join('\n\n')
}

export function rejoinEndText(
  { job: { name, topicName, unripe }, examples }: RejoinLook,
  end: RejoinEnd,
): string {
  switch (end) {
    case 'done': {
      const rest =
        unripe === null || unripe === 0
          ? ''
          : ` ${unripe.toLocaleString('en-US')} predictions are left out: their labels are not final by then.`
      return `${name} is done: ${(examples ?? 0).toLocaleString('en-US')} examples in ${topicName}.${rest} \`feedloop dataset export --examples ${name} --out DIR\` writes them as files to train from.`
    }
    case 'taken_over':
      return `Another process goes on with ${name}.`
    case 'cancelled':
      return `${name} was cancelled.`
    case 'stopped':
      return `${name} stopped before it was done: go on with \`feedloop replay resume ${name}\`.`
  }
}
