import cliProgress from 'cli-progress'

export interface SendProgress {
  show(done: number, of: number): void
  end(): void
}

/** A bar on a terminal; nothing elsewhere, where the result is told at the end. */
export function openSendProgress(stream: NodeJS.WriteStream): SendProgress {
  if (!stream.isTTY) return { show: () => undefined, end: () => undefined }
  const bar = new cliProgress.SingleBar({
    stream,
    format: '{bar} {percentage} % | {value} of {total} runs | {eta_formatted} left',
    hideCursor: true,
  })
  let isShown = false
  return {
    show(done, of) {
      if (!isShown) bar.start(of, done)
      isShown = true
      bar.update(done)
    },
    end() {
      if (isShown) bar.stop()
    },
  }
}
