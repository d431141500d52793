import { Command, InvalidArgumentError } from 'commander'
import type { Addresses } from '#streams'
import { openTestStack, type ResultFile, tableText, writeResults } from '#streams/testing'
import { killFits } from '../testing/fits-killed.ts'
import { killSwaps } from '../testing/swaps-killed.ts'
import { openScoreLoop } from './kafka-score-loop.ts'
import { killTable, swapTable } from './swap-table.ts'
import { swapAtLoad } from './swaps-at-load.ts'

const CONNECTIONS = 4

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('must be a positive whole number.')
}

await new Command('bench')
  .command('swaps')
  .description('models swapped while requests never cease, and scorer and trainer killed in it')
  .option('--json <file>', 'write all numbers there')
  .option('--swaps <n>', 'between two models', positive, 1_000)
  .option('--kills <n>', 'in a swap, and in a fit', positive, 20)
  .action(measure)
  .parent!.parseAsync()

async function measure({ json, swaps, kills }: { json?: string; swaps: number; kills: number }) {
  const stack = await openTestStack(new AbortController().signal, say, { measured: true })
  try {
    const atLoad = await swapped(stack.addresses, swaps)
    const inSwaps = await killSwaps(stack.addresses, 'swap-kills', kills)
    say(JSON.stringify(inSwaps))
    const inFits = await killFits(stack.addresses, 'fit-kills', { kills, sessionTimeoutMs: 10_000, say })
    say(JSON.stringify(inFits))
    const tables: ResultFile['tables'] = { swaps: swapTable(atLoad), kills: killTable(inSwaps, inFits) }
    for (const table of Object.values(tables)) process.stdout.write(`${tableText(table)}\n`)
    if (json !== undefined) writeResults(json, 'bench', { tables, details: { atLoad, inSwaps, inFits } })
  } finally {
    await stack.close()
  }
}

async function swapped(addresses: Addresses, swaps: number) {
  const loop = await openScoreLoop(addresses, say)
  try {
    return await swapAtLoad(loop, { swaps, connections: CONNECTIONS, say })
  } finally {
    await loop.close()
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
