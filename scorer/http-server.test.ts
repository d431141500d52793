import { describe, expect, it } from 'vitest'
import { createCodec, createMemoryRegistry, type Prediction, topicCatalogue } from '#schemas'
import type { Readiness } from '#streams'
import { scorerConfigSchema } from './config.ts'
import { buildHttpServer } from './http-server.ts'
import { createRequestQueue } from './request-queue.ts'
import { createRequestScoring } from './request-scoring.ts'
import { requestSteps } from './request-steps.ts'
import { createFakeFeatures } from './testing/fake-features.ts'
import { createRecordedTelemetry } from './testing/telemetry.ts'

const NOW_MS = 1_700_000_000_000

interface ProblemBody {
  code?: string
  detail?: string
  errors?: { field: string; reason: string }[]
}

const codec = await createCodec(
  createMemoryRegistry(),
  topicCatalogue({ prefix: 'feed', partitions: 1, replicationFactor: 1 }),
)
const contextKinds = { device: 'text', speed: 'number' } as const

function serverOf({ waitingMax = 10, flush = () => Promise.resolve() } = {}) {
  const config = scorerConfigSchema.parse({
    candidatesMax: 3,
    requestAgeDaysMax: 0,
    http: { port: 0, waitingMax, bodyBytesMax: 1_024, recordMsMax: 20 },
  })
  const telemetry = createRecordedTelemetry()
  const clock = { nowMs: () => NOW_MS }
  const features = createFakeFeatures()
  const scoring = createRequestScoring({ config, features, leaseModel: () => undefined, clock, ...telemetry })
  const written: Prediction[] = []
  let readiness: Readiness = { status: 'starting', checks: { stages: { status: 'waiting' } } }
  const server = buildHttpServer({
    config: config.http,
    runtime: { clock, codec, ...telemetry },
    contextKinds,
    queue: createRequestQueue(scoring, { ...config, waitingMax }),
    steps: requestSteps(config, { skewSecondsMax: 300, farSecondsMax: 86_400 }),
    outputs: { add: (_, { value }) => void written.push(value as Prediction), flush },
    readiness: () => Promise.resolve(readiness),
    liveModelId: () => null,
    metricsText: () => Promise.resolve('feedloop_requests_scored_total 1\n'),
  })
  const post = async (body: unknown) => {
    const answer = await server.inject({ method: 'POST', url: '/predict', payload: body as object })
    return {
      status: answer.statusCode,
      type: answer.headers['content-type'],
      body: answer.json<Record<string, unknown> & ProblemBody>(),
    }
  }
  return { server, post, features, written, telemetry, become: (now: Readiness) => void (readiness = now) }
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
    [{ ...body, userId: undefined }, 'userId', /string/],
    [{ ...body, candidates: 'i1' }, 'candidates', /array/],
    [{ ...body, candidates: [] }, 'candidates', /./],
    [{ ...body, candidates: ['i1', ['i2']] }, 'candidates.1', /string/],
    [{ ...body, context: { device: 'phone' } }, 'context', /array/],
    [{ ...body, context: [{ name: 'device' }] }, 'context.0', /set exactly one of text and number/],
    [{ ...body, context: [{ name: 'device', text: { a: 1 } }] }, 'context.0.text', /string/],
    [
      { ...body, context: [{ name: 'Device', text: 'x' }] },
      'context.0.name',
      /Device is not declared.*device, speed/,
    ],
    [{ ...body, context: [{ name: 'toString', text: 'x' }] }, 'context.0.name', /not declared/],
    [{ ...body, context: [{ name: 'speed', text: '1' }] }, 'context.0.text', /speed is declared as number/],
    [{ ...body, context: [{ name: 'device', number: 1 }] }, 'context.0.number', /device is declared as text/],
    [{ ...body, extra: 1 }, 'body', /extra/],
    [[], 'body', /object/],
    [{ ...body, requestId: 'r\ud83d' }, 'requestId', /surrogate/],
    [{ ...body, userId: '\udc00u' }, 'userId', /surrogate/],
    [{ ...body, candidates: ['i1', 'i\ud83d2'] }, 'candidates.1', /surrogate/],
    [{ ...body, context: [{ name: 'device', text: '\ud83d' }] }, 'context.0.text', /surrogate/],
    [{ ...body, occurredAtMs: 1e300 }, 'occurredAtMs', /./],
    [{ ...body, occurredAtMs: 2 ** 60 }, 'occurredAtMs', /./],
    [{ ...body, occurredAtMs: 0.2 }, 'occurredAtMs', /./],
    [{ ...body, occurredAtMs: -1 }, 'occurredAtMs', /./],
    [{ ...body, occurredAtMs: '1795908899028' }, 'occurredAtMs', /number/],
  ])('400 names the field that is wrong in %j', async (payload, field, reason) => {
    const { written, post } = serverOf()
    const { status, type, body: answer } = await post(payload)
    expect([status, type]).toEqual([400, 'application/problem+json; charset=utf-8'])
    expect(answer).toMatchObject({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      code: 'invalid_request',
    })
    expect(answer.errors).toEqual([{ field, reason: expect.stringMatching(reason) as string }])
    expect(written).toEqual([])
  })

  it('400 for a number that JSON says and nobody can hold', async () => {
    const { server } = serverOf()
    const headers = { 'content-type': 'application/json' }
    const payload = JSON.stringify(body).replace('5000', '1e999')
    const answer = await server.inject({ method: 'POST', url: '/predict', headers, payload })
    expect(answer.json<ProblemBody>().errors?.[0]?.field).toBe('occurredAtMs')
  })

  it('rounds fractions of a millisecond, and takes emoji', async () => {
    const { post, written } = serverOf()
    const answer = await post({ ...body, userId: 'u😀', occurredAtMs: 5_000.5 })
    expect(answer).toMatchObject({ status: 200, body: { recorded: true, userId: 'u😀' } })
    expect(written[0]?.occurredAtMs).toBe(5_001)
    expect(() => codec.encode('predictions', written[0]!)).not.toThrow()
  })

  it('400 names all mistakes at once', async () => {
    const { body: answer } = await serverOf().post({ candidates: [''] })
    expect(answer.errors?.map(({ field }) => field)).toEqual(['requestId', 'userId', 'candidates.0'])
    expect(answer.detail).toMatch(/requestId: .*userId: .*candidates.0: /)
  })

  it('400 guesses the unit of a time that is no moment', async () => {
    const answer = await serverOf().post({ ...body, occurredAtMs: 1_795_908_721e9 })
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'occurredAtMs' }] } })
    expect(answer.body.detail).toContain('looks like nanoseconds (2026-11-2')
  })

  it('400 tells a bounded number of mistakes, whatever comes', async () => {
    const answer = await serverOf().post({ ...body, candidates: Array.from({ length: 300 }, () => 1) })
    expect(answer.status).toBe(400)
    expect(answer.body.errors).toHaveLength(21)
    expect(answer.body.errors!.at(-1)).toEqual({ field: 'body', reason: 'and 280 more mistakes' })
  })

  it.each([
    ['null', 400],
    ['[]', 400],
    ['"r1"', 400],
    ['', 400],
    ['{', 400],
    ['{"requestId": NaN}', 400],
    ['{"requestId": "r1", "__proto__": {"x": 1}, "userId": "u1", "candidates": ["i1"]}', 400],
    ['{"requestId": 7, "userId": "u1", "candidates": ["i1"]}', 400],
    ['{"requestId": "r1", "userId": "u1", "candidates": "i1"}', 400],
    ['{"requestId": "r1", "userId": "u1", "candidates": ["i1", null]}', 400],
    ['{"requestId": "r1", "userId": "u1", "candidates": ["i1"], "occurredAtMs": "1795908721000"}', 400],
    ['{"requestId": "r1", "userId": "u1", "candidates": ["i1"], "occurredAtMs": null}', 400],
    ['{"requestId": "r1", "userId": "u1", "candidates": ["i1"], "occurredAtMs": 1e21}', 400],
    ['{"requestId": "r1", "userId": "u1", "candidates": ["i1"], "occurredAtMs": -1}', 400],
    ['{"requestId": "r1", "userId": "u1", "candidates": ["i1"], "context": null}', 400],
    ['\uFEFF{"requestId": "r1", "userId": "u1", "candidates": ["i1"]}', 200],
    ['{"requestId": "a{b}:c/d%e", "userId": "u\\u0000", "candidates": ["i1", "i1", "constructor"]}', 200],
  ])('answers %s with %d and a reason', async (payload, status) => {
    const { server } = serverOf()
    const headers = { 'content-type': 'application/json' }
    const answer = await server.inject({ method: 'POST', url: '/predict', payload, headers })
    expect(answer.statusCode).toBe(status)
    if (status === 400) expect(answer.json<ProblemBody>().errors![0]!.reason).not.toBe('')
  })

  it('422 says what a request from Kafka would be dead-lettered for', async () => {
    const { post } = serverOf()
    const many = await post({ ...body, candidates: ['a', 'b', 'c', 'd'] })
    expect([many.status, many.body.code, many.body.errors?.[0]?.field]).toEqual([
      422,
      'too_many_candidates',
      'candidates',
    ])
    const far = await post({ ...body, occurredAtMs: NOW_MS * 2 })
    expect([far.status, far.body.code, far.body.errors?.[0]?.field]).toEqual([
      422,
      'far_future',
      'occurredAtMs',
    ])
  })

  it('is strict about bodies: JSON, not too large', async () => {
    const { server } = serverOf()
    const answerTo = async (contentType: string, payload: string) => {
      const headers = { 'content-type': contentType }
      const answer = await server.inject({ method: 'POST', url: '/predict', headers, payload })
      const { code, errors } = answer.json<ProblemBody>()
      return [answer.statusCode, code, errors?.[0]?.field]
    }
    expect(await answerTo('application/json', '{"a":')).toEqual([400, 'invalid_request', 'body'])
    expect(await answerTo('application/json', '')).toEqual([400, 'invalid_request', 'body'])
    expect(await answerTo('application/json', `"${'x'.repeat(2_000)}"`)).toEqual([
      413,
      'invalid_request',
      'body',
    ])
    const form = 'application/x-www-form-urlencoded'
    expect(await answerTo(form, '{}')).toEqual([415, 'unsupported_media_type', 'content-type'])
    const told = await server.inject({
      method: 'POST',
      url: '/predict',
      headers: { 'content-type': form },
      payload: '{}',
    })
    expect(told.json<ProblemBody>().detail).toBe(
      `${form} is not read: send the body as JSON, with curl: -H 'content-type: application/json'`,
    )
  })

  it('tells a wrong path from a wrong method', async () => {
    const { server } = serverOf()
    const nothing = await server.inject({ method: 'GET', url: '/nothing' })
    expect([nothing.statusCode, nothing.json<ProblemBody>().code]).toEqual([404, 'not_found'])
    const get = await server.inject({ method: 'GET', url: '/predict?x=1' })
    expect([get.statusCode, get.headers['allow']]).toEqual([405, 'POST'])
    expect(get.json<ProblemBody>().errors).toEqual([
      { field: 'method', reason: '/predict takes POST, not GET' },
    ])
    const post = await server.inject({ method: 'DELETE', url: '/readyz' })
    expect([post.statusCode, post.headers['allow']]).toEqual([405, 'GET, HEAD'])
  })

  it('503 when too many wait', async () => {
    const { post, features } = serverOf({ waitingMax: 1 })
    let letGo = (): void => undefined
    features.waitFor(new Promise((resolve) => (letGo = resolve)))
    const refused: unknown[] = []
    const asked = [0, 1, 2, 3, 4].map(async (id) => {
      const answer = await post({ ...body, requestId: `r${id}` })
      if (answer.status === 503) refused.push(answer.body.code)
      return answer.status
    })
    await expect.poll(() => refused).toEqual(['overloaded', 'overloaded', 'overloaded'])
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
    const { server, become, telemetry } = serverOf()
    const checks = { store: { status: 'waiting' as const, reason: 'Redis is away' } }
    for (const [status, code] of [
      ['starting', 503],
      ['ready', 200],
      ['degraded', 200],
      ['stopping', 503],
    ] as const) {
      become({ status, checks })
      const ready = await server.inject('/readyz')
      expect([ready.statusCode, ready.json()]).toEqual([code, { status, modelId: null, checks }])
      const alive = await server.inject('/healthz')
      expect([alive.statusCode, alive.json()]).toEqual([200, { status: 'alive', checks }])
    }
    const metrics = await server.inject('/metrics')
    expect([metrics.headers['content-type'], metrics.body]).toEqual([
      'text/plain; version=0.0.4',
      'feedloop_requests_scored_total 1\n',
    ])
    expect(telemetry.valueOf('http_requests_answered')).toBe(9)
  })
})
