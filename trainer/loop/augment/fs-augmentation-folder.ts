import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TrainingError, writeMockRows } from '../train/index.ts'
import type { Augmentation } from './augmentation.ts'
import { augmentationText } from './augmentation-text.ts'

/** Names of the files in the folder. */
export const AUGMENTATION_FILES = {
  mock: 'mock.parquet',
  report: 'augmentation.json',
  readme: 'README.md',
} as const

/** Before anything is trained. @throws TrainingError when the folder holds something already */
export function checkAugmentationFolder(out: string): void {
  if (!existsSync(out)) return
  if (isEmptyFolder(out)) return
  throw new TrainingError(
    'augment_out',
    `${out} is there and not an empty folder: name another one with --out. Nothing is written over.`,
  )
}

function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0
  } catch {
    return false // a file
  }
}

export function writeAugmentation(out: string, { report, mock }: Augmentation, data: string): void {
  mkdirSync(out, { recursive: true })
  writeMockRows(join(out, AUGMENTATION_FILES.mock), mock)
  writeFileSync(join(out, AUGMENTATION_FILES.report), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(
    join(out, AUGMENTATION_FILES.readme),
    `# Mock rows of ${report.dataset}

Made by \`feedloop dataset augment\` (${report.made.method}) from training rows of ${data}. Nobody was shown these rows: do not judge anything on them.
\`${AUGMENTATION_FILES.mock}\` has a row each, \`mock\` is 1 in all of them; \`slice\` is what it was made for, \`userId\`, \`itemId\` are
those of the real row that it starts from, \`feature.*\` its vector. Train with them:
\`npx feedloop train --data ${data} --mock ${join(out, AUGMENTATION_FILES.mock)}\`.

\`\`\`text
${augmentationText(report)}\`\`\`
`,
  )
}
