import { describe, expect, it } from 'vitest'
import { calibrationIdOf } from './calibration.ts'

describe('the name of a calibration', () => {
  it('is its kind when it has no parameters', () => {
    expect(calibrationIdOf({ kind: 'identity' })).toBe('identity')
  })

  it('is that of its parameters, in whatever order they are written', () => {
    const id = calibrationIdOf({ kind: 'platt', slope: 1.25, bias: { at: [0, -1], of: 'x' } })
    // echo -n '{"bias":{"at":[0,-1],"of":"x"},"slope":1.25}' | sha256sum | cut -c1-12
    expect(id).toBe('platt-835c03e6ca04')
    expect(calibrationIdOf({ bias: { of: 'x', at: [0, -1] }, slope: 1.25, kind: 'platt' })).toBe(id)
  })

  it('is another one for other parameters, or another kind', () => {
    const ids = [
      { kind: 'platt', slope: 1, bias: 0 },
      { kind: 'platt', slope: 1, bias: 0.1 },
      { kind: 'beta', slope: 1, bias: 0 },
      { kind: 'isotonic', xs: [0, 1], ys: [0, 1] },
      { kind: 'isotonic', xs: [1, 0], ys: [0, 1] },
    ].map(calibrationIdOf)
    expect(new Set(ids).size).toBe(ids.length)
  })
})
