import type { IngestProgress } from './kafka-ingest.ts'
import cliProgress from 'cli-progress'

export interface ProgressBar {
  show(progress: IngestProgress): void
  end(): void
}

/** A bar on a terminal, a line every tenth of the way elsewhere. */
export function openProgressBar(stream: NodeJS.WriteStream, impressions: number): ProgressBar {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  if (!stream.isTTY) {
    let tenths = 0
    return {
      show({ impressions: sent, occurredAtMs }) {
        if (sent / impressions < (tenths + 1) / 10) return
        tenths = Math.floor((sent / impressions) * 10)
        stream.write(
          `${String(tenths * 10)} %: ${String(sent)} of ${String(impressions)} impressions, ${day(occurredAtMs)}\n`,
        )
      },
      end: () => undefined,
    }
  }
  const bar = new cliProgress.SingleBar({
    stream,
    format: '{bar} {percentage} % | {value} of {total} impressions | {day} | {eta_formatted} left',
    hideCursor: true,
  })
  bar.start(impressions, 0, { day: '' })
  return {
    show: ({ impressions: sent, occurredAtMs }) => bar.update(sent, { day: day(occurredAtMs) }),
    end: () => bar.stop(),
  }
}
