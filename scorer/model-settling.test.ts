import { describe, expect, it } from 'vitest'
import { model, slotOf } from './testing/fed-slot.ts'
import { calibratedBy } from './model/calibration.ts'
import { scaledBy } from './testing/scaled-calibration.ts'

describe('another calibration of the live model', () => {
  const halved = () => model('a', { changes: scaledBy(0.5) }).move('champion')

  it('is swapped in by a move alone, on the file that is open', async () => {
    const { slot, publish, move, live, calibration, models, telemetry } = slotOf()
    await publish(model('a'))
    const lease = slot.lease()
    move(halved())
    const swapping = slot.settle()
    while (calibration() === 'identity') await Promise.resolve()
    expect([live(), calibration()]).toEqual(['a', scaledBy(0.5).calibrationId])
    const before = (await lease?.session.predict(new Float32Array(3), 1))?.[0] ?? NaN
    const next = slot.lease()
    const after = (await next?.session.predict(new Float32Array(3), 1))?.[0] ?? NaN
    expect(after).toBeCloseTo(before / 2, 6)
    for (const held of [lease, next]) held?.release()
    await swapping
    expect(models.opened.map(({ isClosed }) => isClosed)).toEqual([false])
    expect(telemetry.valueOf('models_swapped')).toBe(2)
    move(model('a').move('champion'))
    await slot.settle()
    expect([calibration(), models.opened.length]).toEqual(['identity', 1])
  })

  it('needs no file on the shelf, and stays when the model is moved again as it is', async () => {
    const { slot, publish, move, erase, calibration, models, telemetry } = slotOf()
    await publish(model('a'))
    erase('a/0')
    move(halved())
    await slot.settle()
    expect(calibration()).toBe(scaledBy(0.5).calibrationId)
    move({ ...halved(), stage: 'retired' })
    await slot.settle()
    expect(calibration()).toBe(scaledBy(0.5).calibrationId)
    expect([models.opened.length, telemetry.valueOf('models_swapped')]).toEqual([1, 2])
  })

  it('is opened from its file when its golden vectors are others, and waits for the file', async () => {
    const { slot, publish, move, pieces, erase, live, calibration, models } = slotOf()
    await publish(model('a'))
    const { manifest } = model('a')
    const golden = { ...manifest.golden, tolerance: 1e-4 }
    erase('a/0')
    move(model('a', { changes: { ...scaledBy(0.5), golden } }).move('champion'))
    await slot.settle()
    expect([live(), calibration()]).toEqual(['a', 'identity'])
    pieces(model('a').artifacts)
    await slot.settle()
    expect(calibration()).toBe(scaledBy(0.5).calibrationId)
    expect(models.opened.map(({ isClosed }) => isClosed)).toEqual([true, false])
  })

  it('that may not serve leaves the one that does', async () => {
    const { slot, publish, move, live, calibration, refusals } = slotOf()
    await publish(model('a'))
    for (const changes of [calibratedBy({ kind: 'isotonic-7' }), scaledBy(-1)]) {
      move(model('a', { changes }).move('champion'))
      await slot.settle()
      move(model('c').move('candidate'))
      await slot.settle()
    }
    expect([live(), calibration()]).toEqual(['a', 'identity'])
    expect(refusals()).toEqual(['calibration_unknown', 'output_not_probability'])
  })
})
