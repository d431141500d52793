import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import type { StreamsConfig } from './config.ts'
import type { CommandContext } from './contract.ts'
import { type AgedLag, agedLags } from './kafka/kafka-oldest-unread.ts'
import { table } from './table.ts'

const WATCH_MS = 2_000

export function registerLagCommands<Config extends StreamsConfig>(
  program: Command,
  context: Pick<CommandContext<Config>, 'loadConfig' | 'addresses' | 'untilStopped'>,
): void {
  program
    .command('lag')
    .description('how far each stage is behind, in records and in seconds')
    .option('--json', 'print as JSON; with --watch one line each time')
    .option('--watch', 'again every two seconds, until Ctrl-C')
    .action(async ({ json, watch }: { json?: true; watch?: true }) => {
      const { prefix } = await context.loadConfig()
      const addresses = await context.addresses()
      const show = async () => {
        const lags = await agedLags(addresses, prefix)
        process.stdout.write(
          `${json ? JSON.stringify(lags, null, watch ? undefined : 2) : lagText(lags, prefix)}\n`,
        )
      }
      await show()
      if (!watch) return
      const stopping = new AbortController()
      const watching = (async () => {
        for (;;) {
          await sleep(WATCH_MS, undefined, { signal: stopping.signal })
          await show()
        }
      })().catch((error: unknown) => {
        if (!stopping.signal.aborted) throw error
      })
      await context.untilStopped({ done: watching, stop: () => Promise.resolve(stopping.abort()) })
    })
}

function lagText(lags: readonly AgedLag[], prefix: string): string {
  if (lags.length === 0) return `no stage has committed an offset under the prefix ${prefix}`
  const rows = lags.map((lag) => [
    lag.group,
    lag.topic,
    lag.partition,
    lag.committedOffset,
    lag.endOffset,
    lag.lagRecords,
    `${lag.lagSeconds === null ? '?' : lag.lagSeconds.toFixed(1)}${lag.isCut ? ' (retention took older ones)' : ''}`,
  ])
  return table(['group', 'topic', 'partition', 'committed', 'end', 'lag', 'seconds'], rows)
}
