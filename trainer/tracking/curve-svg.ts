import { type ScaleContinuousNumeric, scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'

export type Point = readonly [x: number, y: number]

export interface CurveChart {
  title: string
  x: string
  y: string
  /** Of an axis; left out: what the points span. */
  domain?: { x?: readonly [number, number]; y?: readonly [number, number] }
  points: readonly Point[]
  /** What it is compared with, dashed: chance, or no error. */
  reference?: readonly Point[]
  /** Marks each point. */
  hasDots?: boolean
}

const [WIDTH, HEIGHT] = [520, 380]
const MARGIN = { top: 40, right: 20, bottom: 50, left: 64 }
const TICKS = 6
const [INK, GRID, CURVE, REFERENCE] = ['#1f2933', '#d9dee3', '#1a5fb4', '#8a949e']

/** A chart that stands alone: one SVG, 520 x 380, on white, so that it is read in a dark page too. */
export function curveSvg({ title, x, y, domain, points, reference = [], hasDots }: CurveChart): string {
  const all = [...points, ...reference]
  const right = WIDTH - MARGIN.right
  const bottom = HEIGHT - MARGIN.bottom
  const across = scaleLinear(domain?.x ?? spanOf(all.map(([at]) => at)), [MARGIN.left, right]).nice(TICKS)
  const up = scaleLinear(domain?.y ?? spanOf(all.map(([, at]) => at)), [bottom, MARGIN.top]).nice(TICKS)
  const path = (of: readonly Point[]) =>
    line<Point>(
      ([at]) => across(at),
      ([, at]) => up(at),
    ).digits(1)([...of]) ?? ''
  const middle = String((MARGIN.left + right) / 2)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(WIDTH)}" height="${String(HEIGHT)}" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" font-family="sans-serif" font-size="12" fill="${INK}">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${middle}" y="22" text-anchor="middle" font-size="14" font-weight="bold">${escaped(title)}</text>`,
    ...ticksOf(across).map(
      ([at, text]) =>
        `<path d="M${at},${String(MARGIN.top)}V${String(bottom)}" stroke="${GRID}"/><text x="${at}" y="${String(bottom + 18)}" text-anchor="middle">${text}</text>`,
    ),
    ...ticksOf(up).map(
      ([at, text]) =>
        `<path d="M${String(MARGIN.left)},${at}H${String(right)}" stroke="${GRID}"/><text x="${String(MARGIN.left - 8)}" y="${at}" dy="4" text-anchor="end">${text}</text>`,
    ),
    `<text x="${middle}" y="${String(HEIGHT - 12)}" text-anchor="middle">${escaped(x)}</text>`,
    `<text transform="translate(16,${String((MARGIN.top + bottom) / 2)}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>`,
    `<path d="${path(reference)}" fill="none" stroke="${REFERENCE}" stroke-dasharray="5 4"/>`,
    `<path d="${path(points)}" fill="none" stroke="${CURVE}" stroke-width="2"/>`,
    ...(hasDots === true
      ? points.map(
          ([px, py]) => `<circle cx="${place(across(px))}" cy="${place(up(py))}" r="3.5" fill="${CURVE}"/>`,
        )
      : []),
    '</svg>\n',
  ].join('\n')
}

/** Equal values get some room. */
function spanOf(values: readonly number[]): [number, number] {
  const [low, high] = values.reduce(
    ([min, max], value) => [Math.min(min, value), Math.max(max, value)],
    [Infinity, -Infinity],
  )
  if (low > high) return [0, 1]
  return low === high ? [low - 0.5, high + 0.5] : [low, high]
}

function ticksOf(scale: ScaleContinuousNumeric<number, number>): [place: string, text: string][] {
  const format = scale.tickFormat(TICKS)
  return scale.ticks(TICKS).map((tick) => [place(scale(tick)), escaped(format(tick))])
}

const place = (at: number) => at.toFixed(1)
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]!)
