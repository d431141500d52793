/** Runs in the browser: draws the page's data with uPlot, again when width or colours change. */
export const PAGE_SCRIPT = `
const data = JSON.parse(document.getElementById('data').textContent)
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const colour = (n) => css('--line-' + (n % 8))
const grid = Array.from({ length: 101 }, (_, n) => n / 100)
let plots = []

const axis = (label, values) => ({
  stroke: css('--quiet'), grid: { stroke: css('--rule'), width: 1 }, ticks: { stroke: css('--rule'), width: 1 },
  label, labelSize: 22, labelFont: '12px ' + css('--font'), font: '12px ' + css('--font'), ...(values ? { values } : {}),
})
const line = (name, n, more) => ({
  label: name, stroke: colour(n), width: 2, points: { show: false }, spanGaps: true,
  value: (_, v) => v == null ? '-' : v.toFixed(4), ...more,
})
const diagonal = { hooks: { drawAxes: [(u) => {
  const { ctx } = u
  const from = Math.max(u.scales.x.min, u.scales.y.min), to = Math.min(u.scales.x.max, u.scales.y.max)
  ctx.save(); ctx.strokeStyle = css('--quiet'); ctx.setLineDash([4, 4]); ctx.beginPath()
  ctx.moveTo(u.valToPos(from, 'x', true), u.valToPos(from, 'y', true))
  ctx.lineTo(u.valToPos(to, 'x', true), u.valToPos(to, 'y', true)); ctx.stroke(); ctx.restore()
}] } }
const ticks = { hooks: { drawAxes: [(u) => {
  const { ctx } = u
  ctx.save(); ctx.strokeStyle = css('--quiet'); ctx.globalAlpha = data.retrains.length > 60 ? .35 : .8; ctx.beginPath()
  const foot = u.bbox.top + u.bbox.height
  for (const at of data.retrains) {
    const x = u.valToPos(at, 'x', true)
    if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue
    ctx.moveTo(x, foot); ctx.lineTo(x, foot - 10 * devicePixelRatio)
  }
  ctx.stroke(); ctx.restore()
}] } }

function plot(id, options, columns) {
  const box = document.getElementById(id)
  const size = () => ({ width: box.clientWidth, height: Math.max(220, Math.min(340, box.clientWidth * .6)) })
  const drawn = new uPlot({ ...size(), cursor: { points: { size: 6 } }, ...options }, columns, box)
  plots.push({ drawn, size })
}

function draw() {
  for (const { drawn } of plots) drawn.destroy()
  plots = []
  const joined = (tables) => uPlot.join(tables)
  plot('series', {
    plugins: [ticks], tzDate: (ts) => uPlot.tzDate(new Date(ts * 1e3), 'Etc/UTC'),
    axes: [axis(), axis('normalized entropy')],
    series: [{ label: 'time (UTC)' }, ...data.series.map(({ name }, n) => line(name, n, n < data.names.length ? {} : { dash: [5, 4], width: 1.5 }))],
  }, [data.series[0].at, ...data.series.map(({ entropy }) => entropy)])
  plot('reliability', {
    plugins: [diagonal], scales: { x: { time: false } }, axes: [axis('mean score'), axis('share of positives')],
    series: [{ label: 'score', value: (_, v) => v == null ? '-' : v.toFixed(4) }, ...data.reliability.map(({ name }, n) => line(name, n, { points: { show: true, size: 6 } }))],
  }, joined(data.reliability.map(({ score, rate }) => [score, rate])))
  const unit = { x: { time: false, range: [0, 1] }, y: { range: [0, 1] } }
  const whole = (title, id, curves, x, y, plugins) => plot(id, {
    plugins, scales: unit, axes: [axis(x), axis(y)],
    series: [{ label: x, value: (_, v) => v == null ? '-' : v.toFixed(2) }, ...curves.map(({ name }, n) => line(name, n))],
  }, [grid, ...curves.map((curve) => curve.y)])
  whole('ROC', 'roc', data.roc, 'false positive rate', 'true positive rate', [diagonal])
  const most = Math.max(...data.precisionRecall.flatMap((curve) => curve.y.slice(2).filter((v) => v != null)))
  plot('pr', {
    scales: { x: unit.x, y: { range: [0, Math.min(1, most * 1.1)] } }, axes: [axis('recall'), axis('precision')],
    series: [{ label: 'recall', value: (_, v) => v == null ? '-' : v.toFixed(2) }, ...data.precisionRecall.map(({ name }, n) => line(name, n))],
  }, [grid, ...data.precisionRecall.map((curve) => curve.y)])
}
draw()
new ResizeObserver(() => { for (const { drawn, size } of plots) drawn.setSize(size()) }).observe(document.querySelector('main'))
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
`
