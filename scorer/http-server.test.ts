import { describe, expect, it, vi } from 'vitest'
import type { Prediction } from '#schemas'
import { scorerConfigSchema } from './config.ts'
import { buildHttpServer } from './http-server.ts'
import { createRequestQueue } from './request-queue.ts'
import { createRequestScoring } from './request-scoring.ts'
import { requestSteps } from './request-steps.ts'
import { createFakeFeatures } from './testing/fake-features.ts'
import { createRecordedTelemetry } from './testing/telemetry.ts'

const NOW_MS = 1_700_000_000_000

function serverOf({ waitingMax = 10, flush = () => Promise.resolve() } = {}) {
  const config = scorerConfigSchema.parse({
    candidatesMax: 3,
    http: { port: 0, waitingMax, bodyBytesMax: 1_024, recordMsMax: 20 },
  })
  const telemetry = createRecordedTelemetry()
  const clock = { nowMs: () => NOW_MS }
  const features = createFakeFeatures()
  const scoring = createRequestScoring({ config, features, leaseModel: () => undefined, clock, ...telemetry })
  const written: Prediction[] = []
  let isReady = false
  const server = buildHttpServer({
    config: config.http,
    runtime: { clock, ...telemetry },
    queue: createRequestQueue(scoring, { ...config, waitingMax }),
    steps: requestSteps(config, { skewSecondsMax: 300, farSecondsMax: 86_400 }),
    outputs: { add: (_, { value }) => void written.push(value as Prediction), flush },
    isReady: () => isReady,
    liveModelId: () => null,
    metricsText: () => Promise.resolve('feedloop_requests_scored_total 1\n'),
  })
  const post = async (body: unknown) => {
    const answer = await server.inject({ method: 'POST', url: '/predict', payload: body as object })
    return {
      status: answer.statusCode,
      body: answer.json<Record<string, unknown> & { error?: { code: string; message: string } }>(),
    }
  }
  return { server, post, features, written, telemetry, becomeReady: () => void (isReady = true) }
}
const body = { requestId: 'r1', userId: 'u1', candidates: ['i1', 'i2'], occurredAtMs: 5_000 }

describe('POST /predict', () => {
  it('answers a ranking and records the full prediction', async () => {
    const { post, written } = serverOf()
    const answer = await post(body)
    expect(answer).toMatchObject({
      status: 200,
      body: {
        predictionId: 'p:r1',
        requestId: 'r1',
        userId: 'u1',
        modelId: '',
        fallbackReason: 'no_model',
        scoredAtMs: NOW_MS,
        recorded: true,
      },
    })
    expect(answer.body['ranking']).toHaveLength(2)
    expect(written).toMatchObject([
      { predictionId: 'p:r1', occurredAtMs: 5_000, requestPartition: -1, requestOffset: -1 },
    ])
    expect(written[0]?.ranking[0]?.vector?.length).toBe(12)
  })

  it('takes the time of day when the request has none', async () => {
    const { post, written } = serverOf()
    await post({ ...body, occurredAtMs: undefined })
    expect(written[0]?.occurredAtMs).toBe(NOW_MS)
  })

  it.each([
    [{ ...body, userId: undefined }, /userId: /],
    [{ ...body, candidates: 'i1' }, /candidates: .*array/],
    [{ ...body, candidates: [] }, /candidates: /],
    [{ ...body, context: [{ name: 'device' }] }, /context.0: set exactly one of text and number/],
    [{ ...body, extra: 1 }, /extra/],
    [[], /body: /],
  ])('400 names the mistakes of %j', async (payload, message) => {
    const { status, body: answer } = await serverOf().post(payload)
    expect(status).toBe(400)
    expect(answer.error).toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(message) as string,
    })
  })

  it('400 names all mistakes at once', async () => {
    const { body: answer } = await serverOf().post({ candidates: [''] })
    expect(answer.error?.message).toMatch(/requestId: .*userId: .*candidates.0: /)
  })

  it('422 says what a request from Kafka would be dead-lettered for', async () => {
    const { post } = serverOf()
    const many = await post({ ...body, candidates: ['a', 'b', 'c', 'd'] })
    expect([many.status, many.body.error?.code]).toEqual([422, 'too_many_candidates'])
    const far = await post({ ...body, occurredAtMs: NOW_MS * 2 })
    expect([far.status, far.body.error?.code]).toEqual([422, 'far_future'])
  })

  it('is strict about bodies: JSON, not too large', async () => {
    const { server } = serverOf()
    const headers = { 'content-type': 'application/json' }
    expect(
      (await server.inject({ method: 'POST', url: '/predict', headers, payload: '{"a":' })).statusCode,
    ).toBe(400)
    expect(
      (await server.inject({ method: 'POST', url: '/predict', headers, payload: `"${'x'.repeat(2_000)}"` }))
        .statusCode,
    ).toBe(413)
    expect((await server.inject({ method: 'GET', url: '/nothing' })).json()).toEqual({
      error: { code: 'not_found', message: 'GET /nothing is not served here' },
    })
  })

  it('503 when too many wait', async () => {
    const { post, features } = serverOf({ waitingMax: 1 })
    let letGo = (): void => undefined
    features.waitFor(new Promise((resolve) => (letGo = resolve)))
    const refused: unknown[] = []
    const asked = [0, 1, 2, 3, 4].map(async (id) => {
      const answer = await post({ ...body, requestId: `r${id}` })
      if (answer.status === 503) refused.push(answer.body.error?.code)
      return answer.status
    })
    await vi.waitFor(() => expect(refused).toEqual(['overloaded', 'overloaded', 'overloaded']))
    letGo()
    expect((await Promise.all(asked)).filter((status) => status === 200).length).toBe(2)
  })

  it.each([
    ['fails', () => Promise.reject(new Error('no broker'))],
    ['does not come', () => new Promise<void>(() => undefined)],
  ])('still answers when the acknowledgement %s', async (_, flush) => {
    const { post, telemetry } = serverOf({ flush })
    expect(await post(body)).toMatchObject({ status: 200, body: { recorded: false } })
    expect(telemetry.valueOf('http_predictions_unrecorded')).toBe(1)
  })
})

describe('probes', () => {
  it('tells life, readiness and metrics', async () => {
    const { server, becomeReady, telemetry } = serverOf()
    expect((await server.inject('/healthz')).statusCode).toBe(200)
    expect((await server.inject('/readyz')).statusCode).toBe(503)
    becomeReady()
    expect((await server.inject('/readyz')).json()).toEqual({ status: 'ready', modelId: null })
    const metrics = await server.inject('/metrics')
    expect([metrics.headers['content-type'], metrics.body]).toEqual([
      'text/plain; version=0.0.4',
      'feedloop_requests_scored_total 1\n',
    ])
    expect(telemetry.valueOf('http_requests_answered')).toBe(4)
  })
})
