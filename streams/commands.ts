import type { Command } from 'commander'
import type { StreamsConfig } from './config.ts'
import type { CommandContext } from './contract.ts'
import { registerDeadLettersCommands } from './dead-letters-commands.ts'
import { type ExamineStates, registerDoctorCommands } from './doctor/commands.ts'
import type { Finding } from './doctor/finding.ts'
import type { Samples } from './doctor/samples.ts'
import { registerLagCommands } from './lag-commands.ts'
import { registerSimulateCommands } from './simulator/commands.ts'
import { registerStackCommands } from './stack/commands.ts'
import { registerTopicsCommands } from './topics-commands.ts'

/** stack, topics, lag, doctor, dead-letters, simulate */
export function registerStreamsCommands<Config extends StreamsConfig>(
  program: Command,
  context: CommandContext<Config>,
  /** What doctor says of the newest records of a feed, beside what this part sees in them. */
  judgeSamples: (config: Config, samples: Samples) => Finding[],
  /** What doctor says of states that this part does not know. */
  examineStates: ExamineStates<Config>,
): void {
  registerStackCommands(program, context)
  registerTopicsCommands(program, context)
  registerLagCommands(program, context)
  registerDoctorCommands(program, context, judgeSamples, examineStates)
  registerDeadLettersCommands(program, context)
  registerSimulateCommands(program, context)
}
