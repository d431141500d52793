import { createChance } from '#schemas/testing'

export interface ClickedStreamOptions {
  seed: number
  examples: number
  /**
   * From this example on: the share of what the model knows about tastes that still holds, -1..1, and by how much all
   * log-odds have moved (what is shown pleases less: below 0).
   */
  turn?: { atExample: number; tastesKept: number; shift?: number }
  /** Swing of the true log-odds over a day that the model does not see. */
  rhythm: number
  examplesPerDay: number
  /** What serves an example: which model, and what share of the taste log-odds it knows, 0..1; honest about it. */
  served?: (example: number) => { modelId: string; known: number }
}

export interface ClickedExample {
  score: number
  label: 0 | 1
  modelId: string
  occurredAtMs: number
}

/** Mean log-odds: about 10 % clicks. */
const BASE = -2.65
/** Of the log-odds between people and items. An honest model that knows them all has a normalized entropy of 0.87. */
const SPREAD = 1.1
const DAY_MS = 86_400_000

/**
 * Scores and clicks, as served and matured: log-odds = base + tastes + rhythm of the day. The model knows a share of
 * the tastes and is calibrated on the mean over the rest. When tastes turn, scores lose what they told apart; the
 * click rate stays about the same unless there is a shift.
 */
export function* clickedStream(options: ClickedStreamOptions): Generator<ClickedExample> {
  const { seed, examples, turn, rhythm, examplesPerDay } = options
  const served = options.served ?? (() => ({ modelId: 'm1', known: 1 }))
  const chance = createChance(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance())
  for (let example = 0; example < examples; example++) {
    const { modelId, known } = served(example)
    const seen = SPREAD * Math.sqrt(known) * normal()
    const hidden = known === 1 ? 0 : SPREAD * Math.sqrt(1 - known) * normal()
    const turned = turn !== undefined && example >= turn.atExample
    const kept = turned ? turn.tastesKept : 1
    const other = kept === 1 ? 0 : Math.sqrt(1 - kept * kept) * SPREAD * Math.sqrt(known) * normal()
    const taste = kept * seen + other + hidden + (turned ? (turn.shift ?? 0) : 0)
    const day = example / examplesPerDay
    const truth = logistic(BASE + taste + rhythm * Math.cos(2 * Math.PI * day))
    const label = chance() < truth ? 1 : 0
    yield {
      score: blurred(BASE + seen, SPREAD * Math.sqrt(1 - known)),
      label,
      modelId,
      occurredAtMs: day * DAY_MS,
    }
  }
}

const logistic = (logit: number) => 1 / (1 + Math.exp(-logit))

/** Mean of the logistic over a normal around the logit: Gauss-Hermite with five points. */
function blurred(logit: number, deviation: number): number {
  if (deviation === 0) return logistic(logit)
  const points = [
    [0, 8 / 15],
    [1.355626179974266, 0.2220759220056126],
    [2.8569700138728056, 0.01125741132772069],
  ] as const
  let mean = 0
  for (const [at, weight] of points) {
    if (at === 0) mean += weight * logistic(logit)
    else mean += weight * (logistic(logit + at * deviation) + logistic(logit - at * deviation))
  }
  return mean
}
