import { rmSync } from 'node:fs'
import { readAnswer } from './fs-answer.ts'
import type { GuardAnswer, GuardedRun } from './guard-messages.ts'
import { runProgram } from './process-program.ts'

/**
 * The process between a fit and the program of somebody else. It ends the program and removes the folder when nobody hears
 * it any more; whoever started it disconnects, ends its thread, or is killed.
 */
const folder = process.argv[2]!
const ends = new AbortController()

process.once('disconnect', () => {
  ends.abort()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  process.exit(0)
})

process.once('message', (run: GuardedRun) => {
  void answerOf(run).then((answer) => {
    if (process.connected) process.send?.(answer)
  })
})

async function answerOf(run: GuardedRun): Promise<GuardAnswer> {
  try {
    await runProgram(run, { folder, signal: ends.signal })
    return { kind: 'made', ...(await readAnswer(folder, run)) }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}
