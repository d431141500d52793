import type { MetricsReport, DataReport } from '../train/index.ts'

/** Measured cost of the running loop, where the file of it is there. */
export interface LoopCost {
  /** CPU seconds of folding a million interactions into features. */
  cpuSecondsPerMillion: number
  source: string
}

/** What serving this would need. */
export interface ScalingPlan {
  requestsPerDay: number
  candidatesPerRequest: number
  /** Requests a second at the peak. */
  peakRequestsPerSecond: number
  /** Cores busy at the peak: what models take, and what features take. */
  scoringCores: number
  featureCores: number | null
  retrainSeconds: number
  rowsPerFit: number
  sentences: readonly string[]
}

const DAY_SECONDS = 86_400
/** The busiest hour of a feed has about three times the mean. */
const PEAK = 3
const REQUESTS_PER_DAY_DEFAULT = 1_000_000

/** From the times of this run, and the loop's own measurement. */
export function scalingPlanOf(
  { phases }: MetricsReport,
  data: DataReport,
  { requestsPerDay, cost }: { requestsPerDay: number | undefined; cost: LoopCost | undefined },
): ScalingPlan {
  const perDay = requestsPerDay ?? REQUESTS_PER_DAY_DEFAULT
  const candidatesPerRequest = data.rows / Math.max(1, data.requests)
  const peak = (PEAK * perDay) / DAY_SECONDS
  const scoringCores = (peak * candidatesPerRequest * phases.scoringMsPerThousand) / 1e6
  // An interaction for each shown item, and one for what came of it.
  const events = peak * candidatesPerRequest * 2
  const featureCores = cost === undefined ? null : (events * cost.cpuSecondsPerMillion) / 1e6
  const rowsPerFit = data.split.train.rows
  const given = requestsPerDay === undefined ? ' (not given: --requests-per-day)' : ''
  return {
    requestsPerDay: perDay,
    candidatesPerRequest,
    peakRequestsPerSecond: peak,
    scoringCores,
    featureCores,
    retrainSeconds: phases.fitSeconds,
    rowsPerFit,
    sentences: [
      `${count(perDay)} requests a day${given} are ${peak.toFixed(1)} a second in the busiest hour (three times the mean), with ${candidatesPerRequest.toFixed(1)} candidates each.`,
      `Scoring a thousand candidates took ${phases.scoringMsPerThousand.toFixed(2)} ms here: ${cores(scoringCores)} for the model.`,
      cost === undefined
        ? 'What features cost in the running loop is not measured on this installation: npx feedloop doctor and a trial say it.'
        : `Folding a million interactions into features took ${cost.cpuSecondsPerMillion.toFixed(1)} CPU seconds (${cost.source}): ${cores(featureCores!)} for features.`,
      `A fit of ${count(rowsPerFit)} rows took ${phases.fitSeconds.toFixed(1)} s on one machine, the check before it included; ten times the rows take about ten times as long. Parts grow by partitions: one process is enough until it is out of cores.`,
    ],
  }
}

const cores = (value: number) =>
  value < 0.05 ? `less than a twentieth of a core` : `${value.toFixed(value < 1 ? 2 : 1)} core(s)`
const count = (value: number) => value.toLocaleString('en-US')
