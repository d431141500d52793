import type { Command } from 'commander'
import type { CommandContext } from '#streams'
import { registerBacktestCommands } from './backtest/index.ts'
import { registerDatasetCommands } from './dataset/index.ts'
import { registerDemoCommands } from './demo/index.ts'
import { registerEraseCommands } from './erasure/index.ts'
import { registerEvaluateCommands } from './evaluate/index.ts'
import type { FeedConfig } from './feed.ts'
import { registerIngestCommands } from './ingest/index.ts'
import { registerTrainCommands } from './train/index.ts'

/** demo, ingest: what needs the whole loop at once; backtest, train, evaluate: its code on a log, in one process. */
export function registerLoopCommands(program: Command, context: CommandContext<FeedConfig>): void {
  registerDemoCommands(program, context)
  registerIngestCommands(program, context)
  registerBacktestCommands(program, context)
  registerTrainCommands(program, context)
  registerEvaluateCommands(program)
  registerDatasetCommands(program, context)
  registerEraseCommands(program, context)
}
