import chalk from 'chalk'
import { createLogUpdate } from 'log-update'
import { liveBoard, liveLine, type DriftState, type LiveState } from './live-view.ts'

/** Where a run shows what it does. */
export interface Screen {
  /** Something happened; stays on the screen. */
  announce(text: string): void
  /** How things stand; replaces what was shown before. */
  show(state: LiveState): void
  /** Leaves the last state on the screen. */
  end(): void
}

const LINE_EVERY_MS = 5_000
const HISTORY_MAX = 60
/** The dashboard and a few announcements. */
const ROWS_MIN = 16
const DRIFT_COLOURS: Record<DriftState, (text: string) => string> = {
  'none yet': chalk.dim,
  injected: chalk.red,
  detected: chalk.yellow,
  'model swapped': chalk.cyan,
  recovered: chalk.green,
}

/** A dashboard in place on a terminal that has room for it, a line every 5 s elsewhere. */
export function openScreen(stream: NodeJS.WriteStream): Screen {
  return stream.isTTY && stream.rows >= ROWS_MIN ? terminalScreen(stream) : plainScreen(stream)
}

function plainScreen(stream: NodeJS.WriteStream): Screen {
  let lastMs = -Infinity
  return {
    announce: (text) => void stream.write(`* ${text}\n`),
    show(state) {
      if (state.seconds * 1_000 - lastMs < LINE_EVERY_MS) return
      lastMs = state.seconds * 1_000
      stream.write(`${liveLine(state)}\n`)
    },
    end: () => undefined,
  }
}

function terminalScreen(stream: NodeJS.WriteStream): Screen {
  const update = createLogUpdate(stream)
  const history: number[] = []
  let board: string | null = null
  return {
    announce(text) {
      if (board !== null) update.clear()
      stream.write(`${chalk.cyan('*')} ${text}\n`)
      if (board !== null) update(board)
    },
    show(state) {
      if (state.normalizedEntropy !== null) history.push(state.normalizedEntropy)
      if (history.length > HISTORY_MAX) history.shift()
      const lines = liveBoard(state, history).map(([label, value]) => {
        const shown = label === 'drift' ? DRIFT_COLOURS[state.drift](value) : value
        return `  ${chalk.dim(label.padEnd(20))}${shown}`
      })
      board = ['', ...lines, '', chalk.dim('  Ctrl-C ends the run and prints the report')].join('\n')
      update(board)
    },
    end() {
      board = null
      update.done()
    },
  }
}
