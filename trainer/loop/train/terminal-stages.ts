/** Tells what a long command is at, so that nothing is silent for more than two seconds. */
export interface Stages {
  /** The last one is over. */
  begin(stage: string): void
  /** Of the present stage, 0..1. */
  share(share: number): void
  end(): void
}

const TICK_MS = 500
/** Elsewhere than on a terminal a line. */
const LINE_EVERY_MS = 2_000
const BAR_LETTERS = 24
const CLEARED = '\r\u001b[K'

/** A line that moves on a terminal, a line every two seconds elsewhere. */
export function openStages(stream: NodeJS.WriteStream): Stages {
  let [stage, share, begunMs, toldMs] = ['', Number.NaN, 0, 0]
  const line = () => {
    const seconds = ((performance.now() - begunMs) / 1_000).toFixed(0)
    return `${Number.isNaN(share) ? '' : `${bar(share)} ${(100 * share).toFixed(0).padStart(3)} % | `}${stage}, ${seconds} s`
  }

  function tell(): void {
    if (stage === '') return
    const now = performance.now()
    if (stream.isTTY) stream.write(`${CLEARED}${line().slice(0, (stream.columns || 80) - 1)}`)
    else if (now - toldMs >= LINE_EVERY_MS) {
      toldMs = now
      stream.write(`${line()}\n`)
    }
  }

  const timer = setInterval(tell, TICK_MS)
  timer.unref()

  function over(): void {
    if (stage !== '' && stream.isTTY) stream.write(CLEARED)
    stage = ''
  }

  return {
    begin(next) {
      over()
      ;[stage, share, begunMs, toldMs] = [next, Number.NaN, performance.now(), performance.now()]
      if (stream.isTTY) tell()
      else stream.write(`${next}\n`)
    },
    share(next) {
      share = Math.min(1, Math.max(0, next))
    },
    end() {
      over()
      clearInterval(timer)
    },
  }
}

function bar(share: number): string {
  const full = Math.round(share * BAR_LETTERS)
  return `${'█'.repeat(full)}${'░'.repeat(BAR_LETTERS - full)}`
}
