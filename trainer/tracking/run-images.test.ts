import { describe, expect, it } from 'vitest'
import { curveSvg } from './curve-svg.ts'
import { runImages } from './run-images.ts'

const series = (...values: number[]) => values.map((value, step) => ({ step, timestampMs: 0, value }))
/** Path data of the curve itself. */
const curveIn = (svg: string) => /<path d="([^"]*)" fill="none" stroke="#1a5fb4"/.exec(svg)![1]!

describe('images of a run', () => {
  it('are its series of more than one point, and the curves that its file has', () => {
    const curves = {
      roc: [
        [0, 0],
        [0.25, 0.5],
        [1, 1],
      ],
      precisionRecall: [
        [0, 1],
        [1, 0.2],
      ],
      reliability: [{ meanScore: 0.1, rate: 0.2, count: 9 }],
      more: 1,
    }
    const images = runImages(
      { metrics: { 'log loss': series(0.7, 0.5), auc: series(0.6) } },
      JSON.stringify(curves),
    )
    expect([...images.keys()]).toEqual([
      'curves/roc.svg',
      'curves/precision-recall.svg',
      'curves/reliability.svg',
      'curves/metrics/log_loss.svg',
    ])
    // 64..500 across, 330..40 up.
    expect(curveIn(images.get('curves/roc.svg')!)).toBe('M64,330L173,185L500,40')
    expect(images.get('curves/reliability.svg')).toMatch(/<circle cx="[\d.]+" cy="40\.0"/)
  })

  it('are none where there is nothing to draw, or the file is not ours', () => {
    expect(runImages({ metrics: { auc: series(0.6) } }, undefined).size).toBe(0)
    for (const text of ['[1', '{"roc": 7}', '{}']) expect(runImages({ metrics: {} }, text).size).toBe(0)
  })

  it('hold names that are no XML, values that are all alike, and none', () => {
    const svg = curveSvg({
      title: 'a<b & "c"',
      x: 'x',
      y: 'y',
      points: [
        [0, 2],
        [1, 2],
      ],
    })
    expect(svg).toContain('a&lt;b &amp; &quot;c&quot;')
    expect(curveIn(svg)).toBe('M64,185L500,185')
    expect(curveSvg({ title: '', x: '', y: '', points: [] })).not.toMatch(/NaN|Infinity/)
  })
})
