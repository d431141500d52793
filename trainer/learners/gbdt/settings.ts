import { z } from 'zod'

/** The histograms of a leaf have one cell per bin, and a row keeps its bins in one byte each. */
export const BINS_MAX = 255
const TREES_MAX = 2_000
const LEAVES_MAX = 1_024
const THREADS_MAX = 16

const columnNames = (what: string) => z.array(z.string().min(1)).default([]).describe(what)

export const gbdtConfigSchema = z.strictObject({
  trees: z.int().min(1).max(TREES_MAX).default(100).describe('grown in one fit, at most'),
  leaves: z.int().min(2).max(LEAVES_MAX).default(31).describe('of one tree, at most'),
  depthMax: z.int().min(1).max(64).optional().describe('splits above a leaf; left out: as deep as leaves go'),
  learningRate: z.number().positive().max(1).default(0.1).describe('share of what a tree says that counts'),
  bins: z
    .int()
    .min(2)
    .max(BINS_MAX)
    .default(BINS_MAX)
    .describe('of one column, without that of missing values'),
  rowsMin: z
    .int()
    .min(1)
    .default(20)
    .describe('rows of a leaf, estimated from their hessian when a split is sought, as LightGBM does'),
  hessianMin: z.number().min(0).default(1e-3).describe('sum of the hessian in a leaf: minimum child weight'),
  l1: z.number().min(0).default(0).describe('leaves whose summed gradient stays below it say 0'),
  l2: z.number().min(0).default(1).describe('pulls what leaves say towards 0'),
  gainMin: z.number().min(0).default(0).describe('what a split must save'),
  rowShare: z.number().positive().max(1).default(1).describe('rows drawn for each tree'),
  columnShare: z.number().positive().max(1).default(1).describe('columns drawn for each tree'),
  increasing: columnNames('columns with which the score may only rise'),
  decreasing: columnNames('columns with which the score may only fall'),
  categorical: columnNames('columns whose numbers are names: split into sets, not at a border'),
  categorySmoothing: z
    .number()
    .positive()
    .default(10)
    .describe('rows that a category needs, and that pull its rate to the mean'),
  categoryL2: z.number().min(0).default(10).describe('added to l2 for a split into sets of categories'),
  stopAfterTrees: z
    .int()
    .min(1)
    .optional()
    .describe('trees without improvement on the latest rows that end growth; left out: all are grown'),
  holdoutShare: z
    .number()
    .positive()
    .max(0.5)
    .default(0.1)
    .describe('the latest rows, which stopAfterTrees looks at and nothing is learned from'),
  treesKeptMax: z
    .int()
    .min(1)
    .max(TREES_MAX)
    .default(500)
    .describe('of a model that goes on from another; with more it begins anew'),
  goOnBy: z
    .enum(['trees', 'leaves'])
    .default('trees')
    .describe(
      'what a fit that goes on from a model adds: more trees, or to the same trees what their leaves say now. With leaves, those of a fit that begins anew say at last what the rows held back say, too',
    ),
  threads: z.int().min(1).max(THREADS_MAX).default(1).describe('of one fit, its own included'),
})
export type GbdtConfig = z.infer<typeof gbdtConfigSchema>
