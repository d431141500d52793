import { type Command, InvalidArgumentError } from 'commander'
import {
  eraseEntity,
  eraseFromArchive,
  type ErasureReceipt,
  openArchiveFolder,
  receiptText,
} from '#feature-store'
import type { CommandContext } from '#streams'
import type { FeedConfig } from '../feed.ts'
import { eraseFromFiles } from './fs-erase.ts'
import { replacingInMlflow } from './http-replace-artifact.ts'

interface Flags {
  files?: string[]
  archive?: string[]
  wait: number
  settle: number
  json?: true
}

/** erase-user, erase-item */
export function registerEraseCommands(program: Command, context: CommandContext<FeedConfig>): void {
  for (const entity of ['user', 'item'] as const)
    program
      .command(`erase-${entity}`)
      .description(
        entity === 'user'
          ? 'forget a user everywhere, and print a receipt: what was found and removed, and what is left until when'
          : 'forget an item: its states, attributes and examples',
      )
      .argument('<id>', `the ${entity}`)
      .option(
        '--files <dir...>',
        'folders of runs and exports, whose tables are written again without its rows (default: trainer.tracking.runs)',
      )
      .option('--archive <dir...>', 'folders of `feedloop archive`, whose files are written again without it')
      .option('--wait <seconds>', 'how long the features service is waited for', seconds, 30)
      .option(
        '--settle <seconds>',
        'so long after its record every service has heard of an erasure',
        seconds,
        3,
      )
      .option('--json', 'print the receipt as JSON')
      .action(async (id: string, { files, archive = [], wait, settle, json }: Flags) => {
        const config = await context.loadConfig()
        const addresses = await context.addresses(['redis', 'kafka'])
        const runtime = await context.connect('erase')
        try {
          const receipt = await eraseEntity({
            ...{ runtime, addresses, config, entity, id },
            foldMs: wait * 1_000,
            settleMs: settle * 1_000,
            tell: (line) => void (process.stderr.isTTY && process.stderr.write(`${line}\n`)),
          })
          const { tracking } = config.trainer
          const replacing = replacingInMlflow(tracking, process.env)
          const places = await eraseFromFiles(files ?? [tracking.runs], id, replacing)
          for (const folder of archive)
            places.push(
              ...(await eraseFromArchive({
                ...{ place: openArchiveFolder(folder), erasure: receipt, codec: runtime.codec },
                topicName: (topic) => runtime.topicName(topic),
              })),
            )
          const whole = withFiles(receipt, places)
          process.stdout.write(`${json ? JSON.stringify(whole, null, 2) : receiptText(whole)}\n`)
          if (!whole.isComplete) process.exitCode = 1
        } finally {
          await runtime.close()
        }
      })
}

function withFiles(receipt: ErasureReceipt, places: ErasureReceipt['places']): ErasureReceipt {
  const isComplete = receipt.isComplete && places.every(({ done }) => done !== 'left')
  return { ...receipt, places: [...receipt.places, ...places], isComplete }
}

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 3_600) return value
  throw new InvalidArgumentError('must be 0 to 3600.')
}
