import type { GbdtConfig } from './settings.ts'

/**
 * What the trainer chooses among, from the one that suits most logs of clicks, which are thin and noisy, on. The latest rows end
 * growth in each of them.
 */
export const GBDT_FORMS = {
  /** Small and slow trees. */
  'held-back': {
    trees: 200,
    leaves: 8,
    learningRate: 0.05,
    rowsMin: 60,
    l2: 10,
    rowShare: 0.8,
    columnShare: 0.7,
    stopAfterTrees: 25,
  },
  /** Much noise: a few questions a tree, each of many rows. */
  'far-held-back': {
    trees: 300,
    leaves: 7,
    learningRate: 0.05,
    rowsMin: 400,
    l2: 50,
    rowShare: 0.7,
    columnShare: 0.5,
    stopAfterTrees: 25,
  },
  /** LightGBM's defaults: little noise, many rows. */
  free: {
    trees: 200,
    leaves: 31,
    learningRate: 0.1,
    rowsMin: 20,
    l2: 1,
    rowShare: 1,
    columnShare: 1,
    stopAfterTrees: 25,
  },
} as const satisfies Record<string, Partial<GbdtConfig>>
