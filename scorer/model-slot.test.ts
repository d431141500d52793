import { describe, expect, it } from 'vitest'
import { ModelCallError, type OpenModel } from './model/index.ts'
import { createFakeModels } from './testing/fake-model.ts'
import { model, slotOf, WEIGHTS } from './testing/fed-slot.ts'
import { logisticScores } from './testing/logistic-model.ts'
import type { PublishedModel } from './testing/model-records.ts'
import { calibratedBy } from './model/calibration.ts'

describe('model slot', () => {
  it('is empty until a champion is whole, whichever comes first', async () => {
    for (const moveFirst of [true, false]) {
      const { slot, move, pieces, live } = slotOf()
      const { artifacts, ...a } = model('a')
      const steps = [
        () => move(a.move('champion')),
        () => pieces(artifacts.slice(1)),
        () => pieces(artifacts.slice(0, 1)),
      ]
      for (const step of moveFirst ? steps : steps.reverse()) {
        expect(live()).toBeUndefined()
        expect(slot.lease()).toBeUndefined()
        step()
        await slot.settle()
      }
      expect(live()).toBe('a')
    }
  })

  it('opens only the last champion when it catches up', async () => {
    const { slot, move, pieces, live, models } = slotOf()
    for (const id of ['a', 'b', 'c']) {
      pieces(model(id).artifacts)
      move(model(id).move('champion'))
    }
    await slot.settle()
    expect(live()).toBe('c')
    expect(models.opened.length).toBe(1)
  })

  it('serves no file without a move, and lets it go when it is withdrawn or too much', async () => {
    const limits = { artifactBytesMax: 1e6, artifactsHeldBytesMax: 2_500 }
    const { slot, pieces, publish, erase, live, models, telemetry } = slotOf({ limits })
    pieces(model('stray').artifacts)
    await slot.settle()
    expect([live(), models.opened]).toEqual([undefined, []])
    erase('stray/0')
    await publish(model('a'))
    expect(telemetry.valueOf('artifacts_evicted')).toBe(0)
    for (let n = 0; n < 50; n++) pieces(model(`stray-${String(n)}`).artifacts)
    await publish(model('b'))
    expect([live(), models.opened.length]).toEqual(['b', 2])
    expect(telemetry.valueOf('artifacts_evicted')).toBeGreaterThan(40)
  })

  it('does not open candidates', async () => {
    const { slot, move, pieces, live } = slotOf()
    pieces(model('a').artifacts)
    move(model('a').move('candidate'))
    await slot.settle()
    expect(live()).toBeUndefined()
    move(model('a').move('champion'))
    await slot.settle()
    expect(live()).toBe('a')
  })

  it('swaps between predictions and closes the old one after its last', async () => {
    const { slot, publish, live, models } = slotOf()
    await publish(model('a'))
    const lease = slot.lease()
    const swapping = publish(model('b'))
    while (live() !== 'b') await Promise.resolve()
    expect(models.opened[0]?.isClosed).toBe(false)
    expect((await lease?.session.predict(new Float32Array(3), 1))?.[0]).toBeCloseTo(1 / (1 + Math.E), 6)
    lease?.release()
    lease?.release()
    await swapping
    expect(models.opened.map(({ isClosed }) => isClosed)).toEqual([true, false])
  })

  it('keeps a retired model until its successor is open, and goes back to it when that is rejected', async () => {
    const { slot, publish, move, pieces, live, models } = slotOf()
    await publish(model('a'))
    move(model('a').move('retired'))
    await slot.settle()
    expect(live()).toBe('a')
    move(model('b').move('champion'))
    await slot.settle()
    expect(live()).toBe('a')
    pieces(model('b').artifacts)
    await slot.settle()
    expect(live()).toBe('b')
    move(model('b').move('rejected'))
    await slot.settle()
    expect(live()).toBe('a')
    move(model('a').move('rejected'))
    await slot.settle()
    expect(live()).toBeUndefined()
    expect(models.opened.every(({ isClosed }) => isClosed)).toBe(true)
  })

  it('rolls back to a former champion by a new move', async () => {
    const { publish, move, slot, live } = slotOf()
    await publish(model('a'))
    await publish(model('b'))
    move(model('a').move('champion'))
    await slot.settle()
    expect(live()).toBe('a')
  })
})

describe('a model that may not serve', () => {
  const corrupt = ({ artifacts }: PublishedModel) =>
    artifacts.map((piece, at) =>
      at === 0 ? { ...piece, bytes: Buffer.from([...piece.bytes.subarray(1), 0]) } : piece,
    )

  it.each([
    ['sha256_differs', model('b'), corrupt(model('b'))],
    ['golden_differs', model('b', { bias: 0.5 }), undefined],
    ['feature_set_differs', model('b', { changes: { featureSetId: 'other' } }), undefined],
    ['calibration_unknown', model('b', { changes: calibratedBy({ kind: 'isotonic-7' }) }), undefined],
    ['manifest_malformed', model('b', { changes: { width: 0 } }), undefined],
    [
      'manifest_malformed',
      { ...model('b'), move: model('b', { changes: { modelId: 'x' } }).move },
      undefined,
    ],
  ])('%s never replaces the live one', async (code, published, artifacts) => {
    const { publish, live, refusals, telemetry } = slotOf()
    await publish(model('a'))
    await publish({ ...published, artifacts: artifacts ?? published.artifacts })
    expect(live()).toBe('a')
    expect(refusals()).toEqual([code])
    expect(telemetry.valueOf('model_refused')).toBe(1)
  })

  it('is not opened again and again, but when its bytes or its move are new', async () => {
    const { publish, pieces, move, slot, live, refusals } = slotOf()
    await publish(model('a'))
    await publish({ ...model('b'), artifacts: corrupt(model('b')) })
    move(model('c').move('champion'))
    await slot.settle()
    expect(refusals().length).toBe(1)
    move(model('c').move('rejected'))
    move(model('b').move('champion'))
    await slot.settle()
    expect(refusals().length).toBe(2)
    pieces(model('b').artifacts)
    await slot.settle()
    expect(live()).toBe('b')
  })

  it('says which features differ', async () => {
    const { publish, telemetry } = slotOf()
    await publish(
      model('b', { changes: { featureSetId: 'fs-old', featureNames: ['user', 'item', 'weekday'] } }),
    )
    expect(telemetry.logged.find(({ message }) => message === 'model_refused')?.fields['detail']).toBe(
      'model b was trained on feature set fs-old (3 features), the feed serves fs-fake (3); ' +
        'not served any more: weekday; new since: hour. Retrain it, or put the feature definitions back.',
    )
  })

  it('makes room for the next best when nothing is live yet', async () => {
    const { slot, pieces, move, live } = slotOf()
    pieces(model('a').artifacts)
    move(model('a').move('retired'))
    pieces(corrupt(model('b')))
    move(model('b').move('champion'))
    await slot.settle()
    expect(live()).toBe('a')
  })
})

describe('when the worker fails, not the model', () => {
  it('tries three times, then again at the next occasion', async () => {
    let failures = 3
    const fakes = createFakeModels((row) => logisticScores(row, WEIGHTS, -1)[0] ?? NaN)
    const open: OpenModel = (onnx, manifest) =>
      failures-- > 0
        ? Promise.reject(new ModelCallError('worker_died', 'the ONNX worker died'))
        : fakes.openModel(onnx, manifest)
    const { publish, slot, move, live, refusals } = slotOf({ open })
    await publish(model('a'))
    expect(live()).toBeUndefined()
    expect(refusals()).toEqual(['worker_failed'])
    move(model('c').move('candidate'))
    await slot.settle()
    expect(live()).toBe('a')
  })
})

it('holds model files within its bound, the live one goes on without its file', async () => {
  const bytes = model('a').onnx.byteLength
  const { publish, slot, live, erase, move, telemetry } = slotOf({
    limits: { artifactBytesMax: bytes * 2, artifactsHeldBytesMax: bytes * 2 + 50 },
  })
  await publish(model('a'))
  await publish(model('b'))
  await publish(model('c'))
  expect(live()).toBe('c')
  expect(telemetry.valueOf('artifacts_evicted')).toBe(1)
  erase('c/0')
  move(model('b').move('candidate'))
  await slot.settle()
  expect(live()).toBe('c')
  await slot.close()
})
