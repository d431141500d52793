/** A chart as SVG text: no script, colours of the page's style, readable when small. */
export interface Chart {
  label: string
  x: Axis
  y: Axis
  lines: readonly { points: readonly (readonly [number, number])[]; isDashed?: boolean; hasDots?: boolean }[]
}

interface Axis {
  title: string
  from: number
  to: number
  tell(value: number): string
  /** Stretches between two that are told. Left out: 4. */
  ticks?: number
}

const SIZE = { width: 420, height: 280 }
const BOX = { left: 52, right: 12, top: 10, bottom: 42 }
const TICKS = 4

export function svgChart({ label, x, y, lines }: Chart): string {
  const width = SIZE.width - BOX.left - BOX.right
  const height = SIZE.height - BOX.top - BOX.bottom
  const across = (value: number) => BOX.left + (width * (value - x.from)) / (x.to - x.from || 1)
  const up = (value: number) => BOX.top + height * (1 - (value - y.from) / (y.to - y.from || 1))
  const at = (axis: Axis) =>
    Array.from(
      { length: ticksOf(axis) + 1 },
      (_, n) => axis.from + ((axis.to - axis.from) * n) / ticksOf(axis),
    )
  const rules = at(y).map(
    (value) =>
      `<line class="rule" x1="${round(BOX.left)}" x2="${round(BOX.left + width)}" y1="${round(up(value))}" y2="${round(up(value))}"/><text x="${round(BOX.left - 6)}" y="${round(up(value) + 4)}" text-anchor="end">${y.tell(value)}</text>`,
  )
  const feet = at(x).map(
    (value, n) =>
      `<text x="${round(across(value))}" y="${round(BOX.top + height + 18)}" text-anchor="${n === ticksOf(x) ? 'end' : n === 0 ? 'start' : 'middle'}">${x.tell(value)}</text>`,
  )
  const drawn = lines.map(({ points, isDashed, hasDots }, n) => {
    const path = points.map(([px, py]) => `${round(across(px))},${round(up(py))}`).join(' ')
    const dots = hasDots === true ? points.map(([px, py]) => dot(across(px), up(py), n)).join('') : ''
    return `<polyline class="line${isDashed === true ? ' dashed' : ''}" style="stroke:var(--line-${String(n)})" points="${path}"/>${dots}`
  })
  const titles = `<text x="${round(BOX.left + width / 2)}" y="${round(SIZE.height - 6)}" text-anchor="middle">${x.title}</text><text transform="translate(12 ${round(BOX.top + height / 2)}) rotate(-90)" text-anchor="middle">${y.title}</text>`
  return `<svg viewBox="0 0 ${String(SIZE.width)} ${String(SIZE.height)}" role="img" aria-label="${label}">${rules.join('')}${feet.join('')}${drawn.join('')}${titles}</svg>`
}

const ticksOf = ({ ticks = TICKS }: Axis) => ticks
const dot = (x: number, y: number, n: number) =>
  `<circle cx="${round(x)}" cy="${round(y)}" r="3" style="fill:var(--line-${String(n)})"/>`
const round = (value: number) => value.toFixed(1)
