import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LoopCost } from './scaling-plan.ts'

/** What `npm run bench -- features` found, as it lies in the repository; an installed package does not carry it. */
const RESULTS = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'feature-store',
  'bench',
  'results',
  'features.json',
)

interface Results {
  measured?: { date?: string; command?: string }
  tables?: { contest?: { columns: { title: string }[]; rows: (string | number[])[][] } }
}

/** undefined: there is no such file, or it does not say it. */
export function readLoopCost(path = RESULTS): LoopCost | undefined {
  if (!existsSync(path)) return undefined
  const { measured, tables } = JSON.parse(readFileSync(path, 'utf8')) as Results
  const at = tables?.contest?.columns.findIndex(({ title }) => title === 'CPU s per million') ?? -1
  const own = tables?.contest?.rows.find(([who]) => typeof who === 'string' && who.includes('feedloop'))
  const told = own?.[at]
  if (!Array.isArray(told)) return undefined
  const source = [measured?.date, measured?.command].filter((text) => text !== undefined).join(', ')
  return { cpuSecondsPerMillion: told[Math.floor(told.length / 2)]!, source }
}
