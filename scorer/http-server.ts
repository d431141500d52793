import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import type { Prediction, RankRequest } from '#schemas'
import { addProbes, codeOf, type Listening, listenOn, type Outputs, type Runtime, type Step } from '#streams'
import type { ScorerConfig } from './config.ts'
import { parseRankRequest } from './http-request.ts'
import type { RequestQueue } from './request-queue.ts'
import { LOG_EVENTS } from './signals.ts'

export interface HttpServerOptions {
  config: ScorerConfig['http']
  runtime: Pick<Runtime, 'clock' | 'log' | 'signals'>
  queue: RequestQueue
  /** What requests from Kafka pass, too. */
  steps: readonly Step<RankRequest>[]
  /** Where predictions are recorded, so that the loop learns from HTTP answers as well. */
  outputs: Outputs
  isReady(): boolean
  liveModelId(): string | null
  /** Prometheus text, when the signals can be read. */
  metricsText?: () => Promise<string>
}

/** A request by HTTP has no place in a topic. */
const NO_PLACE = { topic: 'http', partition: -1, offset: -1 }

/**
 * POST /predict for feed services without Kafka; GET /healthz, /readyz, /metrics.
 * 200 prediction, 400 `invalid_request` with every mistake, 422 with the reason a request from Kafka would be
 * dead-lettered for, 503 `overloaded`, 500 `internal`. Throws OperatorError `http_port_taken`.
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
  addErrorAnswers(server, options)
  addPredict(server, options)
  const { isReady, liveModelId, metricsText } = options
  addProbes(server, { isReady, facts: () => ({ modelId: liveModelId() }), metricsText })
  return server
}

function addPredict(
  server: FastifyInstance,
  { config, runtime, queue, steps, outputs }: HttpServerOptions,
): void {
  const { clock, log, signals } = runtime

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
    const parsed = parseRankRequest(http.body, nowMs)
    if ('mistakes' in parsed) return refuse(reply, 400, 'invalid_request', parsed.mistakes.join('; '))
    let { request } = parsed
    for (const step of steps) {
      const verdict = step(request, { brokerTimeMs: nowMs, ...NO_PLACE })
      if (verdict.kind !== 'pass')
        return refuse(reply, 422, verdict.reason, 'detail' in verdict ? verdict.detail : verdict.reason)
      request = verdict.value
    }
    const answer = queue.ask({ request, partition: NO_PLACE.partition, offset: NO_PLACE.offset })
    if (answer === undefined)
      return refuse(reply, 503, 'overloaded', `${config.waitingMax} requests wait already`)
    signals.gauge('http_requests_waiting', queue.waitingCount)
    const prediction = await answer
    signals.gauge('http_requests_waiting', queue.waitingCount)
    return reply.send(bodyOf(prediction, await record(prediction)))
  })
}

function addErrorAnswers(server: FastifyInstance, { runtime }: HttpServerOptions): void {
  server.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    const status = error.statusCode ?? 500
    if (status < 500) return refuse(reply, status, 'invalid_request', error.message)
    runtime.log.error({ code: codeOf(error), detail: error.stack }, LOG_EVENTS.httpFailed)
    return refuse(reply, 500, 'internal', 'the scorer failed; its log says why')
  })
  server.setNotFoundHandler((http, reply) =>
    refuse(reply, 404, 'not_found', `${http.method} ${http.url} is not served here`),
  )
  server.addHook('onResponse', (http, reply, done) => {
    const status = `${Math.floor(reply.statusCode / 100)}xx`
    const route = http.routeOptions.url ?? 'none'
    runtime.signals.count('http_requests_answered', { route, status })
    runtime.signals.observe('http_answered_ms', reply.elapsedTime, { route })
    done()
  })
}

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ error: { code, message } })
}

/** What a feed needs; the full record with its vectors is in the predictions topic. */
function bodyOf(prediction: Prediction, recorded: boolean) {
  const { predictionId, requestId, userId, modelId, fallbackReason, scoredAtMs } = prediction
  const ranking = prediction.ranking.map(({ itemId, score, rank, propensity }) => ({
    itemId,
    score,
    rank,
    propensity,
  }))
  return { predictionId, requestId, userId, modelId, fallbackReason, scoredAtMs, recorded, ranking }
}
