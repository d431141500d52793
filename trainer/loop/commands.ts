import type { Command } from 'commander'
import type { CommandContext } from '#streams'
import { registerBacktestCommands } from './backtest/index.ts'
import { registerDatasetCommands } from './dataset/index.ts'
import { registerDemoCommands } from './demo/index.ts'
import type { FeedConfig } from './feed.ts'
import { registerIngestCommands } from './ingest/index.ts'

/** demo, ingest: what needs the whole loop at once; backtest: its code on a log, in one process. */
export function registerLoopCommands(program: Command, context: CommandContext<FeedConfig>): void {
  registerDemoCommands(program, context)
  registerIngestCommands(program, context)
  registerBacktestCommands(program, context)
  registerDatasetCommands(program)
}
