import { expect, it } from 'vitest'
import { cpuShares, GARBAGE, OTHER_THREADS, REST, stageShares, type CpuProfile } from './cpu-profile.ts'

const frame = (functionName: string, url = '') => ({ functionName, url })

it('counts a built-in for whoever called it, and leaves idle time out', () => {
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 3, 4, 5] },
      { id: 2, callFrame: frame('fold', 'file:///x/feature-store/state/fold.js'), children: [6] },
      { id: 3, callFrame: frame('(garbage collector)') },
      { id: 4, callFrame: frame('(idle)') },
      { id: 5, callFrame: frame('processTimers', 'node:internal/timers') },
      { id: 6, callFrame: frame('exp') },
    ],
    samples: [2, 6, 3, 4, 5],
    timeDeltas: [30, 10, 20, 1_000, 4],
  }
  expect(stageShares(profile, 10)).toEqual([
    { stage: 'fold: counters, windows, decay', micros: 4 },
    { stage: GARBAGE, micros: 2 },
    { stage: REST, micros: 0.4 },
  ])
})

it('divides the CPU time of the main thread by its samples, which go on while it waits for a core', () => {
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 3] },
      { id: 2, callFrame: frame('fold', 'file:///x/feature-store/state/fold.js') },
      { id: 3, callFrame: frame('(garbage collector)') },
    ],
    samples: [2, 3],
    timeDeltas: [90, 30],
  }
  expect(cpuShares(profile, { cpuMicros: 100, otherThreadsMicros: 20 }, 10)).toEqual([
    { stage: 'fold: counters, windows, decay', micros: 6 },
    { stage: GARBAGE, micros: 2 },
    { stage: OTHER_THREADS, micros: 2 },
  ])
})
