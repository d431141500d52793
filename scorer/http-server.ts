import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import type { Prediction, RankRequest } from '#schemas'
import {
  addProbes,
  addRefusals,
  codeOf,
  type FieldError,
  type Listening,
  listenOn,
  type Outputs,
  type Readiness,
  refuse,
  type Runtime,
  type Signals,
  type Step,
} from '#streams'
import type { ScorerConfig } from './config.ts'
import { type ContextKinds, parseRankRequest } from './http-request.ts'
import type { RequestQueue } from './request-queue.ts'
import { LOG_EVENTS } from './signals.ts'

export interface HttpServerOptions {
  config: ScorerConfig['http']
  runtime: Pick<Runtime, 'clock' | 'codec' | 'log' | 'signals'>
  queue: RequestQueue
  /** What requests from Kafka pass, too. */
  steps: readonly Step<RankRequest>[]
  /** Declared context attributes; others are refused. */
  contextKinds?: ContextKinds | undefined
  /** Where predictions are recorded, so that the loop learns from HTTP answers as well. */
  outputs: Outputs
  readiness(): Promise<Readiness>
  liveModelId(): string | null
  /** Prometheus text, when the signals can be read. */
  metricsText?: () => Promise<string>
}

/** A request by HTTP has no place in a topic. */
const NO_PLACE = { topic: 'http', partition: -1, offset: -1 }

/**
 * POST /predict for feed services without Kafka; GET /healthz, /readyz, /metrics.
 * 200 prediction, 400 `invalid_request` with every mistake by its field, 422 with the reason a request from Kafka would be
 * dead-lettered for, 503 `overloaded`, and what addRefusals answers. Throws OperatorError `http_port_taken`.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<Listening> {
  const { config, runtime } = options
  const listening = await listenOn(buildHttpServer(options), {
    host: config.host,
    port: config.port ?? 0,
    setting: 'scorer.http.port',
  })
  runtime.log.info({ url: listening.url }, LOG_EVENTS.httpListening)
  return listening
}

/** The routes, not listening. */
export function buildHttpServer(options: HttpServerOptions): FastifyInstance {
  const server = Fastify({
    logger: false,
    bodyLimit: options.config.bodyBytesMax,
    forceCloseConnections: true,
  })
  const { log, signals } = options.runtime
  addRefusals(server, (error) =>
    log.error({ code: codeOf(error), detail: error.stack }, LOG_EVENTS.httpFailed),
  )
  addAnswerSignals(server, signals)
  addPredict(server, options)
  const { readiness, liveModelId, metricsText } = options
  addProbes(server, { readiness, facts: () => ({ modelId: liveModelId() }), metricsText })
  return server
}

function addPredict(
  server: FastifyInstance,
  { config, runtime, queue, steps, outputs, contextKinds }: HttpServerOptions,
): void {
  const { clock, codec, log, signals } = runtime

  /** Waits for the acknowledgement, but not for ever: an answer always. */
  async function record(prediction: Prediction): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<false>(
      (resolve) => (timer = setTimeout(() => resolve(false), config.recordMsMax)),
    )
    const recorded = write(prediction).then(
      () => true,
      (error: unknown) => {
        log.error({ code: codeOf(error), detail: String(error) }, LOG_EVENTS.httpPredictionUnrecorded)
        return false
      },
    )
    const isRecorded = await Promise.race([recorded, tooLate])
    clearTimeout(timer)
    if (!isRecorded) signals.count('http_predictions_unrecorded')
    return isRecorded
  }

  async function write(prediction: Prediction): Promise<void> {
    outputs.add('predictions', { key: prediction.userId, value: prediction })
    await outputs.flush()
  }

  server.post('/predict', async (http, reply) => {
    const nowMs = clock.nowMs()
    const parsed = parseRankRequest(http.body, { nowMs, codec, contextKinds })
    if ('errors' in parsed) return refuseFields(reply, 400, 'invalid_request', parsed.errors)
    let { request } = parsed
    for (const step of steps) {
      const verdict = step(request, { brokerTimeMs: nowMs, ...NO_PLACE })
      if (verdict.kind !== 'pass') {
        const reason = 'detail' in verdict ? verdict.detail : verdict.reason
        return refuseFields(reply, 422, verdict.reason, [{ field: fieldOf(verdict.reason), reason }])
      }
      request = verdict.value
    }
    const answer = queue.ask({ request, partition: NO_PLACE.partition, offset: NO_PLACE.offset })
    if (answer === undefined) {
      const detail = `${config.waitingMax} requests wait already (scorer.http.waitingMax); try again later.`
      return refuse(reply, { status: 503, code: 'overloaded', detail })
    }
    signals.gauge('http_requests_waiting', queue.waitingCount)
    const prediction = await answer
    signals.gauge('http_requests_waiting', queue.waitingCount)
    return reply.send(bodyOf(prediction, await record(prediction)))
  })
}

function addAnswerSignals(server: FastifyInstance, signals: Signals): void {
  server.addHook('onResponse', (http, reply, done) => {
    const status = `${Math.floor(reply.statusCode / 100)}xx`
    const route = http.routeOptions.url ?? 'none'
    signals.count('http_requests_answered', { route, status })
    signals.observe('http_answered_seconds', reply.elapsedTime / 1_000, { route })
    done()
  })
}

function refuseFields(
  reply: FastifyReply,
  status: number,
  code: string,
  errors: readonly FieldError[],
): FastifyReply {
  const detail = errors.map(({ field, reason }) => `${field}: ${reason}`).join('; ')
  return refuse(reply, { status, code, detail, errors })
}

/** The part of a request that a step refuses. */
function fieldOf(reason: string): string {
  if (reason === 'no_candidates' || reason === 'too_many_candidates' || reason === 'no_item_id')
    return 'candidates'
  if (reason === 'too_much_context') return 'context'
  if (reason === 'no_request_id') return 'requestId'
  if (reason === 'no_user_id') return 'userId'
  return reason === 'id_too_long' || reason === 'expectation_unmet' ? 'body' : 'occurredAtMs'
}

/** What a feed needs; the full record with its vectors is in the predictions topic. */
function bodyOf(prediction: Prediction, recorded: boolean) {
  const { predictionId, requestId, userId, modelId, fallbackReason, scoredAtMs } = prediction
  const ranking = prediction.ranking.map(({ itemId, score, rank, propensity, unscoredReason }) => ({
    itemId,
    score,
    rank,
    propensity,
    ...(unscoredReason === null ? {} : { unscoredReason }),
  }))
  return { predictionId, requestId, userId, modelId, fallbackReason, scoredAtMs, recorded, ranking }
}
