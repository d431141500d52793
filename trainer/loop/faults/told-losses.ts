import { z } from 'zod'
import type { StageName } from '#schemas'

/** What a stage said of records that retention took before it read them. */
export interface ToldLoss {
  partition: number
  wanted: number
  first: number
}

const lossSchema = z.object({
  level: z.literal(50),
  stage: z.string(),
  partition: z.number(),
  wanted: z.number(),
  first: z.number(),
})

/** The losses that one stage told in its log (a JSON object per line). */
export function toldLosses(log: string, stage: StageName): ToldLoss[] {
  const losses: ToldLoss[] = []
  for (const line of log.split('\n')) {
    if (!line.includes('"wanted"')) continue
    const { success, data } = lossSchema.safeParse(JSON.parse(line))
    if (success && data.stage === stage) losses.push(data)
  }
  return losses
}
