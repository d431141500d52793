import type { Command } from 'commander'
import type { CommandContext } from '#streams'
import { registerDemoCommands } from './demo/index.ts'
import { registerIngestCommands } from './ingest/index.ts'

/** demo, ingest: what needs the whole loop at once. */
export function registerLoopCommands(program: Command, context: CommandContext<unknown>): void {
  registerDemoCommands(program, context)
  registerIngestCommands(program, context)
}
