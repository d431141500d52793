import type { ScoredRows } from './scored-rows.ts'

/** Rows that an isotonic regression gives the same rate. */
export interface Block {
  count: number
  positives: number
  /** Sum of log-odds. */
  logOdds: number
}

/** Of a knot: fewer would make its place chance. */
export const KNOT_POSITIVES_MIN = 30
const KNOTS_MAX = 64

/**
 * Pool adjacent violators: the rates that rise with the score and fit the labels best. Rows of one score share a block.
 * Same as scikit-learn's `IsotonicRegression` at the scores. O(n log n).
 *
 * @returns blocks by score; their rates rise strictly
 * @see M. Ayer et al. (1955), An Empirical Distribution Function for Sampling with Incomplete Information, Annals of
 * Mathematical Statistics 26.
 */
export function pooledBlocks({ logOdds, labels }: ScoredRows): Block[] {
  const order = Uint32Array.from(labels, (_, row) => row).sort(
    (one, other) => logOdds[one]! - logOdds[other]!,
  )
  const blocks: Block[] = []
  for (let at = 0; at < order.length;) {
    const score = logOdds[order[at]!]!
    let block: Block = { count: 0, positives: 0, logOdds: 0 }
    for (; at < order.length && logOdds[order[at]!] === score; at++) {
      block.count += 1
      block.positives += labels[order[at]!]!
      block.logOdds += score
    }
    for (
      let last = blocks.at(-1);
      last !== undefined && rateOf(last) >= rateOf(block);
      last = blocks.at(-1)
    ) {
      block = joined(last, block)
      blocks.pop()
    }
    blocks.push(block)
  }
  return blocks
}

/**
 * Smoothed isotonic regression: neighbouring blocks of the pooled regression are joined until each holds enough positives
 * and negatives; a knot stands at the mean log-odds of each, and a smooth strictly increasing curve leads through the knots
 * (`#scorer/model`). So no two scores become one, and no rate is 0 or 1.
 *
 * @returns undefined: too few rows of either label for two knots
 * @see X. Jiang, M. Osl, J. Kim, L. Ohno-Machado (2011), Smooth isotonic regression: a new method to calibrate
 * predictive models, AMIA Summits on Translational Science.
 */
export function fitIsotonic(rows: ScoredRows) {
  const pooled = pooledBlocks(rows)
  const positives = pooled.reduce((sum, block) => sum + block.positives, 0)
  const least = Math.max(
    KNOT_POSITIVES_MIN,
    Math.ceil(Math.min(positives, rows.labels.length - positives) / KNOTS_MAX),
  )
  const knots = largeBlocks(pooled, least)
  if (knots.length < 2) return undefined
  return {
    kind: 'isotonic' as const,
    logOdds: knots.map(({ logOdds, count }) => logOdds / count),
    calibrated: knots.map(({ positives: yes, count }) => Math.log(yes / (count - yes))),
  }
}

/** Rates of joined neighbours lie between theirs: they still rise strictly. */
function largeBlocks(pooled: readonly Block[], least: number): Block[] {
  const blocks: Block[] = []
  let open: Block | undefined
  for (const block of pooled) {
    open = open === undefined ? block : joined(open, block)
    if (open.positives < least || open.count - open.positives < least) continue
    blocks.push(open)
    open = undefined
  }
  const last = blocks.pop()
  if (last === undefined) return []
  return [...blocks, open === undefined ? last : joined(last, open)]
}

const rateOf = ({ positives, count }: Block) => positives / count

function joined(one: Block, other: Block): Block {
  return {
    count: one.count + other.count,
    positives: one.positives + other.positives,
    logOdds: one.logOdds + other.logOdds,
  }
}
