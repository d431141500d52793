import { concatMap, from, lastValueFrom } from 'rxjs'
import { type RankRequest, type StageName, STAGES } from '#schemas'
import type { Batch, ClampFutureOptions, Clock, Outputs, Signals, Stage, StageRecord, Step } from '#streams'
import type { ScorerConfig } from './config.ts'
import { microBatches } from './micro-batch.ts'
import type { RequestAt } from './prediction-record.ts'
import type { RequestScoring } from './request-scoring.ts'
import { requestSteps } from './request-steps.ts'

export interface ScoringPipelineOptions {
  config: ScorerConfig
  /** Bounds of event time, from the streams section of the configuration. */
  time: ClampFutureOptions
  /** Where the requests of a user belong. */
  partitionOf(userId: string): number
  /** The feed's own expectations of a request. */
  expected?: Step<RankRequest> | undefined
  scoring: RequestScoring
  clock: Clock
  signals: Signals
}

/**
 * The stage `scorer`: every request of a batch gets exactly one prediction, acknowledged before its offset moves.
 *
 * batch -> micro-batches -> (read vectors -> model -> rank -> outputs) one after another -> flush. A micro-batch is
 * scored while the one before is on its way to the broker, so two of them are in memory, no more. Partitions overlap.
 */
export function createScoringStage({
  config,
  time,
  partitionOf,
  expected,
  scoring,
  clock,
  signals,
}: ScoringPipelineOptions): Stage<'requests'> {
  function requestsOf(batch: Batch<'requests'>): RequestAt[] {
    const nowMs = clock.nowMs()
    const requests: RequestAt[] = []
    for (const record of batch.records) {
      if (!isRequest(record)) {
        signals.count('request_tombstones_dropped')
        continue
      }
      if (nowMs - record.brokerTimeMs > config.lateAfterMs) signals.count('requests_late')
      requests.push({ request: record.value, partition: record.partition, offset: record.offset })
    }
    return requests
  }

  async function batch(fetched: Batch<'requests'>, outputs: Outputs): Promise<{ kind: 'done' }> {
    const groups = microBatches(requestsOf(fetched), ({ request }) => request.candidates.length, config)
    let acknowledged: Promise<void> = Promise.resolve()
    const answered = from(groups).pipe(
      concatMap(async (requests) => {
        const predictions = await scoring.answer(requests)
        await acknowledged
        for (const value of predictions) outputs.add('predictions', { key: value.userId, value })
        acknowledged = outputs.flush()
        // Awaited above or below; until then a rejection must not count as unhandled.
        acknowledged.catch(() => undefined)
      }),
    )
    await lastValueFrom(answered, { defaultValue: undefined })
    await acknowledged
    return { kind: 'done' }
  }

  return {
    name: 'scorer' satisfies StageName,
    sources: STAGES.scorer.sources,
    startFrom: 'earliest',
    steps: { requests: requestSteps(config, time, { partitionOf, expected }) },
    batch,
  }
}

type RequestRecord = StageRecord<'requests'> & { value: NonNullable<StageRecord<'requests'>['value']> }

function isRequest(record: StageRecord<'requests'>): record is RequestRecord {
  return record.value !== null
}
