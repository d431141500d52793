import cliProgress from 'cli-progress'
import { durationText } from './progress.ts'
import type { ToldProgress } from './replay-parts.ts'

/** How far something is, for the bar and for the line. */
export interface ShownProgress {
  name: string
  done: number
  total: number
  text: string
}

export interface ReplayBar {
  show(shown: ShownProgress): void
  end(): void
}

const LINE_EVERY_MS = 5_000

/** A bar on a terminal, a line every five seconds elsewhere. */
export function openReplayBar(stream: NodeJS.WriteStream): ReplayBar {
  if (!stream.isTTY) {
    let toldAtMs = -Infinity
    return {
      show({ name, text }) {
        const nowMs = performance.now()
        if (nowMs - toldAtMs < LINE_EVERY_MS) return
        toldAtMs = nowMs
        stream.write(`${name}: ${text}\n`)
      },
      end: () => undefined,
    }
  }
  const bar = new cliProgress.SingleBar({
    stream,
    format: '{bar} {percentage} % | {text}',
    hideCursor: true,
  })
  let isStarted = false
  return {
    show({ done, total, text }) {
      if (!isStarted) bar.start(total, done, { text: '' })
      isStarted = true
      bar.setTotal(total)
      bar.update(done, { text })
    },
    end: () => {
      if (isStarted) bar.stop()
    },
  }
}

export const shownOf = (told: ToldProgress): ShownProgress => ({
  name: told.job.name,
  done: told.progress.done,
  total: told.progress.total,
  text: progressText(told),
})

function progressText({ job, progress, interactionsPerSecond, isHeld }: ToldProgress): string {
  const { done, total, left } = progress
  const rate = `${interactionsPerSecond.toFixed(0)} interactions/s`
  const paused = job.state === 'paused' ? ', paused' : isHeld ? ', waits while live interactions do' : ''
  if (progress.isReady && job.follows)
    return `follows, ${String(left)} records behind, ${rate}; \`feedloop replay switch ${job.name}\`${paused}`
  const share = total === 0 ? 100 : (100 * done) / total
  return `${share.toFixed(1)} %, ${String(left)} of ${String(total)} records left, ${rate}, ${durationText(left, interactionsPerSecond)} left${paused}`
}
