/**
 * Piecewise cubic Hermite interpolation that never turns between two knots; a straight line of slope 1 goes on from the
 * outer ones. Strictly increasing, since the knots are. Same as `scipy.interpolate.PchipInterpolator` between the knots.
 *
 * @param xs at least one, strictly increasing
 * @param ys as many, strictly increasing
 * @see F. Fritsch, J. Butland (1984), A Method for Constructing Local Monotone Piecewise Cubic Interpolants, SIAM Journal
 * on Scientific and Statistical Computing 5.
 */
export function monotoneCurve(xs: readonly number[], ys: readonly number[]): (x: number) => number {
  const last = xs.length - 1
  const slopes = knotSlopes(xs, ys)
  return (x) => {
    if (x <= xs[0]!) return ys[0]! + (x - xs[0]!)
    if (x >= xs[last]!) return ys[last]! + (x - xs[last]!)
    const at = intervalOf(xs, x)
    const width = xs[at + 1]! - xs[at]!
    const rise = (ys[at + 1]! - ys[at]!) / width
    const [from, to] = [slopes[at]!, slopes[at + 1]!]
    const t = x - xs[at]!
    const quadratic = (3 * rise - 2 * from - to) / width
    const cubic = (from + to - 2 * rise) / width ** 2
    return ys[at]! + t * (from + t * (quadratic + t * cubic))
  }
}

/** The knot before x. */
function intervalOf(xs: readonly number[], x: number): number {
  let [low, high] = [0, xs.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (xs[middle]! <= x) low = middle
    else high = middle
  }
  return low
}

/** Derivatives at the knots: the weighted harmonic mean of the rises at both sides. */
function knotSlopes(xs: readonly number[], ys: readonly number[]): number[] {
  const widths = xs.slice(1).map((x, at) => x - xs[at]!)
  const rises = widths.map((width, at) => (ys[at + 1]! - ys[at]!) / width)
  if (rises.length < 2) return xs.map(() => rises[0] ?? 1)
  const inner = rises.slice(1).map((rise, at) => {
    const [near, far] = [2 * widths[at + 1]! + widths[at]!, widths[at + 1]! + 2 * widths[at]!]
    return (near + far) / (near / rises[at]! + far / rise)
  })
  const end = rises.length - 1
  return [
    endSlope(widths[0]!, widths[1]!, rises[0]!, rises[1]!),
    ...inner,
    endSlope(widths[end]!, widths[end - 1]!, rises[end]!, rises[end - 1]!),
  ]
}

/** By the parabola through the outer three knots, kept from falling. Rises are above 0. */
function endSlope(width: number, next: number, rise: number, nextRise: number): number {
  return Math.max(0, ((2 * width + next) * rise - width * nextRise) / (width + next))
}
