import { createTellUnmet, type FeatureReader, requestsAsExpected, type Suite } from '#feature-store'
import {
  createReadiness,
  deferred,
  type Listening,
  type RunningService,
  type RunningStage,
  type Runtime,
} from '#streams'
import type { ScorerConfig } from './config.ts'
import type { ContextKinds } from './http-request.ts'
import { startHttpServer } from './http-server.ts'
import { followModels } from './model-following.ts'
import { createModelSlot } from './model-slot.ts'
import { createOnnxModels, type OpenModel } from './model/index.ts'
import { createRequestQueue } from './request-queue.ts'
import { createRequestScoring } from './request-scoring.ts'
import { requestSteps } from './request-steps.ts'
import { scorerChecks } from './scorer-checks.ts'
import { createScoringStage } from './scoring-pipeline.ts'
import { LOG_EVENTS } from './signals.ts'

export interface ScorerOptions {
  config: ScorerConfig
  features: FeatureReader
  /** Bounds of event time: `limits` of the streams section. */
  limits?: { futureSkewSecondsMax: number; farFutureSecondsMax: number; earliestEventMs?: number }
  /** Default: ONNX sessions in a worker thread of this scorer. */
  openModel?: OpenModel
  /** Context attributes that the feed declares: by HTTP others are refused. */
  contextKinds?: ContextKinds | undefined
  /** What the feed expects of requests (`features.validation.suite`). */
  expectations?: Suite | undefined
  /** Prometheus text for GET /metrics. */
  metricsText?: () => Promise<string>
}

export interface RunningScorer extends RunningService {
  /** Model that answers now, null: none. */
  liveModelId(): string | null
  /** Where HTTP listens; undefined: it is off. */
  readonly httpUrl: string | undefined
}

const LIMITS_DEFAULT: NonNullable<ScorerOptions['limits']> = {
  futureSkewSecondsMax: 300,
  farFutureSecondsMax: 86_400,
}

/**
 * The scorer of a feed: follows models, answers `requests` with `predictions`, and HTTP when a port is configured.
 * Requests are taken only when the models topics have been read, so that no request misses a model that is there.
 */
export async function startScorer(runtime: Runtime, options: ScorerOptions): Promise<RunningScorer> {
  const { config, features, contextKinds } = options
  const { clock, log, signals } = runtime
  const time = timeBounds(options.limits)
  const partitionOf = (userId: string) => runtime.partitionOf('requests', userId)
  const expected = expectedRequests(runtime, options)
  // Its own worker thread: what else the process proves or trains does not wait in front of a request.
  const onnx = createOnnxModels({ callMsMax: config.modelCallMsMax })
  const openModel = options.openModel ?? onnx.openModel
  const slot = createModelSlot({ openModel, featureSet: features.featureSet, limits: config, log, signals })
  const scoring = createRequestScoring({ config, features, leaseModel: slot.lease, clock, log, signals })

  const models = await followModels(runtime, slot)
  const httpOutputs = config.http.port === undefined ? undefined : await runtime.outputs('scorer-http')
  let http: Listening | undefined
  let stage: RunningStage | undefined
  let isStopped = false

  async function stop(): Promise<void> {
    isStopped = true
    await http?.close()
    await stage?.stop()
    await models.stop()
    await slot.close()
    await onnx.stop()
    await httpOutputs?.close()
  }

  async function takeRequests(): Promise<RunningStage | undefined> {
    await models.ready
    if (isStopped) return undefined
    stage = await runtime.runStage(
      createScoringStage({ config, time, partitionOf, expected, scoring, clock, signals }),
    )
    if (isStopped) await stage.stop()
    return stage
  }

  const liveModelId = () => slot.live()?.modelId ?? null
  const joined = deferred()
  const checks = scorerChecks({ runtime, features, liveModelId, joined: joined.promise })
  try {
    if (httpOutputs !== undefined) {
      http = await startHttpServer({
        config: config.http,
        runtime,
        queue: createRequestQueue(scoring, { ...config, waitingMax: config.http.waitingMax }),
        steps: requestSteps(config, time, { expected }),
        contextKinds,
        outputs: httpOutputs,
        readiness: createReadiness(
          () => checks,
          () => isStopped,
        ),
        liveModelId,
        ...(options.metricsText === undefined ? {} : { metricsText: options.metricsText }),
      })
    }
  } catch (error) {
    await stop()
    throw error
  }

  const taking = takeRequests()
  const ready = taking.then((taken) => taken?.ready)
  // A failed start is told by `done`, too; nobody has to wait for `ready`.
  ready.then(joined.resolve, () => undefined)
  const done = Promise.all([taking.then((taken) => taken?.done), models.done]).then(
    () => undefined,
    async (death: unknown) => {
      await stop().catch((error: unknown) => log.warn({ detail: String(error) }, LOG_EVENTS.scorerStopFailed))
      throw death
    },
  )
  done.catch(() => undefined)
  return { ready, done, stop, checks, liveModelId, httpUrl: http?.url }
}

const timeBounds = (limits = LIMITS_DEFAULT) => ({
  skewSecondsMax: limits.futureSkewSecondsMax,
  farSecondsMax: limits.farFutureSecondsMax,
  earliestMs: limits.earliestEventMs,
})

function expectedRequests(runtime: Runtime, { expectations, contextKinds }: ScorerOptions) {
  if (expectations === undefined) return undefined
  return requestsAsExpected(expectations, Object.keys(contextKinds ?? {}), createTellUnmet(runtime))
}
