import { z } from 'zod'

/** What one contestant did with one data set: the JSON line it prints. */
export const trainRunSchema = z.object({
  seconds: z.number(),
  cpuSeconds: z.number(),
  logLoss: z.number(),
  auc: z.number(),
  /** Of its whole process. */
  peakMiB: z.number(),
})
export type TrainRun = z.infer<typeof trainRunSchema>

/** Runs of all contestants with the same rows and threads, one entry a round. */
export interface TrainRow {
  rows: number
  threads: number
  runs: Record<string, TrainRun[]>
}
