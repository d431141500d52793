import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import type { StreamsConfig } from './config.ts'
import type { CommandContext } from './contract.ts'
import { policyOf } from './errors.ts'
import { agedLags } from './kafka/kafka-oldest-unread.ts'
import { recentLetters } from './kafka/kafka-recent-letters.ts'
import { catalogueOf } from './kafka/kafka-runtime.ts'
import { lagText, lettersSummary } from './lag-words.ts'
import { stageReads } from './stage-reads.ts'

type Context<Config> = Pick<CommandContext<Config>, 'loadConfig' | 'addresses' | 'untilStopped'>

const WATCH_MS = 2_000
/** Letters carry whole records: while watching they are read less often. */
const LETTERS_AGAIN_MS = 30_000

export function registerLagCommands<Config extends StreamsConfig>(
  program: Command,
  context: Context<Config>,
): void {
  program
    .command('lag')
    .description('how far each stage is behind, in records and in seconds, and what nobody reads')
    .option('--json', 'print as JSON; with --watch one line each time')
    .option('--watch', 'again every two seconds, until Ctrl-C')
    .action(async ({ json, watch }: { json?: true; watch?: true }) => {
      const config = await context.loadConfig()
      const addresses = await context.addresses(['kafka'])
      const letters = lettersTold(context, config)
      const show = async () => {
        const lags = await agedLags(addresses, config.prefix, stageReads(config))
        const text = json
          ? JSON.stringify(lags, null, watch ? undefined : 2)
          : [lagText(lags, config.prefix), ...(lags.length === 0 ? [] : [await letters()])].join('\n\n')
        process.stdout.write(`${text}\n`)
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

/** What was given up of late. Lag is told without it when the registry is away. */
function lettersTold(context: Pick<Context<unknown>, 'addresses'>, config: StreamsConfig) {
  let told = { atMs: -Infinity, text: '' }
  return async function letters(): Promise<string> {
    const nowMs = Date.now()
    if (nowMs - told.atMs < LETTERS_AGAIN_MS) return told.text
    const text = await ask(nowMs).catch((error: unknown) => {
      if (policyOf(error) === 'bug') throw error
      return `Dead letters were not read: ${error instanceof Error ? error.message : String(error)}`
    })
    told = { atMs: nowMs, text }
    return text
  }

  async function ask(nowMs: number): Promise<string> {
    const addresses = await context.addresses(['kafka', 'registry'])
    return lettersSummary(await recentLetters(addresses, catalogueOf(config), nowMs))
  }
}
