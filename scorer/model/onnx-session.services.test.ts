import { createHash } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import type { ModelManifest } from '#schemas'
import { calibrationConformance } from '../testing/calibration-conformance.ts'
import { type LogisticModelOptions, logisticScores, writeLogisticModel } from '../testing/logistic-model.ts'
import { CONFORMANCE_MODEL, modelConformance } from '../testing/model-conformance.ts'
import { KINDS_WITH_SCALED } from '../testing/scaled-calibration.ts'
import { createOnnxHost, ONNX_HOST_DEFAULTS, startOnnxWorker } from './onnx-host.ts'
import { openModelIn } from './onnx-session.ts'

const workers: Worker[] = []
const startWorker = () => {
  const worker = startOnnxWorker()
  workers.push(worker)
  return worker
}
const host = createOnnxHost({ ...ONNX_HOST_DEFAULTS, startWorker })
afterAll(() => host.stop())

modelConformance('an ONNX session', (onnx, manifest) => openModelIn(host, onnx, manifest))
calibrationConformance('an ONNX session', (onnx, manifest) =>
  openModelIn(host, onnx, manifest, KINDS_WITH_SCALED),
)

const refusalOf = (bytes: Uint8Array, manifest: ModelManifest) =>
  openModelIn(host, bytes, manifest).then(
    () => 'opened',
    (error: unknown) => String(error),
  )
const variant = (changes: Partial<LogisticModelOptions>) =>
  writeLogisticModel({ ...CONFORMANCE_MODEL, ...changes })

describe('a file that is not what its manifest says', () => {
  it('cannot be loaded', async () => {
    const bytes = new Uint8Array(100).fill(7)
    const onnxSha256 = createHash('sha256').update(bytes).digest('hex')
    const manifest = { ...variant({}).manifest, onnxBytes: 100, onnxSha256 }
    expect(await refusalOf(bytes, manifest)).toMatch(/ModelRefusedError: .*ONNX Runtime cannot load the file/)
  })
  it('has other inputs', async () => {
    const { onnx, manifest } = variant({ input: 'x' })
    expect(await refusalOf(onnx, { ...manifest, input: 'vectors' })).toBe(
      'ModelRefusedError: model conformance: the file takes x: float32[N,3], the manifest says one input vectors: float32[rows,3]',
    )
    expect(await refusalOf(onnx, { ...manifest, width: 4 })).toMatch(
      /the file takes x: float32\[N,3\].*float32\[rows,4\]/,
    )
  })
  it('has other outputs', async () => {
    const { onnx, manifest } = variant({ output: 'y' })
    expect(await refusalOf(onnx, { ...manifest, output: 'scores' })).toMatch(
      /the file answers y: float32\[N,1\]/,
    )
  })
  it('answers no probabilities', async () => {
    const { onnx, manifest } = variant({ sigmoid: false })
    expect(await refusalOf(onnx, manifest)).toMatch(
      /cannot score its golden vectors: .* is .*, not within 0..1/,
    )
  })
})

describe('the worker', () => {
  const { weights, bias } = CONFORMANCE_MODEL
  const row = Float32Array.from([1, 2, 3])
  const right = logisticScores(row, weights, bias)[0] ?? NaN

  it('rejects pending calls when it dies, and the next call works in a new one', async () => {
    const { onnx, manifest } = variant({})
    const session = await openModelIn(host, onnx, manifest)
    const before = workers.length
    const pending = Array.from({ length: 50 }, () =>
      session.predict(row, 1).catch((error: { code: string }) => error.code),
    )
    // Not a call: the thread throws. (terminate() in a native call would abort the process.)
    workers.at(-1)?.postMessage(null)
    pending.push(session.predict(row, 1).catch((error: { code: string }) => error.code))
    const answers = await Promise.all(pending)
    expect(answers).toContain('worker_died')
    for (const answer of answers) if (answer !== 'worker_died') expect(answer[0]).toBeCloseTo(right, 6)
    expect((await session.predict(row, 1))[0]).toBeCloseTo(right, 6)
    expect(workers.length).toBe(before + 1)
    await session.close()
  })

  it('is replaced when a call takes too long', async () => {
    const slow = createOnnxHost({ ...ONNX_HOST_DEFAULTS, callMsMax: 1 })
    await expect(slow.open(variant({}).onnx)).rejects.toMatchObject({
      code: 'call_timeout',
      policy: 'transient',
    })
    await slow.stop()
  })

  it('takes callsMax calls and refuses one more', async () => {
    const narrow = createOnnxHost({ ...ONNX_HOST_DEFAULTS, callsMax: 3 })
    const { onnx, manifest } = variant({})
    const session = await openModelIn(narrow, onnx, manifest)
    const calls = [1, 2, 3, 4].map(() =>
      session.predict(row, 1).then(
        () => 'scored',
        (error: { code: string }) => error.code,
      ),
    )
    expect(await Promise.all(calls)).toEqual(['scored', 'scored', 'scored', 'queue_full'])
    expect((await session.predict(row, 1))[0]).toBeCloseTo(right, 6)
    await narrow.stop()
    await expect(session.predict(row, 1)).rejects.toMatchObject({ code: 'session_closed' })
  })

  it('cannot be started: says so, and does not spin', async () => {
    let starts = 0
    const broken = createOnnxHost({
      ...ONNX_HOST_DEFAULTS,
      startWorker: () => {
        starts += 1
        const worker = startOnnxWorker()
        worker.postMessage(null)
        return worker
      },
    })
    for (let attempt = 0; attempt < 20; attempt++) {
      await expect(broken.open(variant({}).onnx)).rejects.toMatchObject({ code: 'worker_died' })
    }
    expect(starts).toBeLessThanOrEqual(4)
    await broken.stop()
  })
})
