import cliProgress from 'cli-progress'

export interface RowsBar {
  /** How much is done, in the unit of the whole; `note` stands behind it. */
  show(done: number, note?: string): void
  end(): void
}

const LINE_EVERY_MS = 2_000

/** A bar on a terminal, a line every two seconds elsewhere. */
export function openRowsBar(stream: NodeJS.WriteStream, total: number, unit: string): RowsBar {
  if (!stream.isTTY) {
    let nextAtMs = Date.now() + LINE_EVERY_MS
    return {
      show(done, note = '') {
        if (Date.now() < nextAtMs) return
        nextAtMs = Date.now() + LINE_EVERY_MS
        const share = `${String(Math.min(100, Math.floor((100 * done) / Math.max(1, total))))} %`
        stream.write(`${share}: ${done.toLocaleString('en-US')} ${unit}${note === '' ? '' : `, ${note}`}\n`)
      },
      end: () => undefined,
    }
  }
  const bar = new cliProgress.SingleBar({
    stream,
    format: `{bar} {percentage} % | {value} of {total} ${unit} | {note} | {eta_formatted} left`,
    hideCursor: true,
  })
  bar.start(total, 0, { note: '' })
  return { show: (done, note = '') => bar.update(Math.min(done, total), { note }), end: () => bar.stop() }
}
