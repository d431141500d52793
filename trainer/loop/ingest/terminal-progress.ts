import type { IngestProgress } from './kafka-ingest.ts'
import cliProgress from 'cli-progress'

/** How far a log has been played; `fit`: the model that is in the making, and how much of it is made, 0..1. */
export interface LogProgress extends IngestProgress {
  fit?: { learner: string; share: number }
}

export interface ProgressBar {
  show(progress: LogProgress): void
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
    format: '{bar} {percentage} % | {value} of {total} impressions | {day} | {eta_formatted} left{fit}',
    hideCursor: true,
  })
  bar.start(impressions, 0, { day: '', fit: '' })
  return {
    show: ({ impressions: sent, occurredAtMs, fit }) =>
      bar.update(sent, { day: day(occurredAtMs), fit: fit === undefined ? '' : fitText(fit) }),
    end: () => bar.stop(),
  }
}

const fitText = ({ learner, share }: { learner: string; share: number }) =>
  ` | fits ${learner}: ${(100 * share).toFixed(0)} %`
