import { Command } from 'commander'
import { vi } from 'vitest'
import type { CommandContext } from '#streams'
import type { FeedConfig } from '../../feed.ts'

const nothing = () => Promise.reject(new Error('no feed'))
/** For commands that need neither a feed nor services. */
const NO_FEED: CommandContext<FeedConfig> = {
  ...{ loadConfig: nothing, addresses: nothing, connect: nothing, untilStopped: nothing },
}

/** Commands as they are typed, in this process. @returns what one printed */
export function typedCommands(
  ...register: readonly ((program: Command, context: CommandContext<FeedConfig>) => void)[]
): (...argv: string[]) => Promise<string> {
  return async (...argv) => {
    const program = new Command().exitOverride()
    for (const each of register) each(program, NO_FEED)
    const printed: string[] = []
    const print = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation((text) => printed.push(String(text)) > 0)
    const tell = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      await program.parseAsync(argv, { from: 'user' })
      return printed.join('')
    } finally {
      print.mockRestore()
      tell.mockRestore()
    }
  }
}
