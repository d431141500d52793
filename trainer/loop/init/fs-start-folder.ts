import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '#streams'
import { openDataFolder } from '../dataset/fs-data-folder.ts'
import { synthesisSchema } from '../dataset/synthesis.ts'
import { synthesize } from '../dataset/synthesize.ts'
import { startReadme } from './start-readme.ts'

/** Small enough for a first result in seconds, large enough that a model beats the mean beyond chance. */
const SAMPLE = { users: 300, items: 120, days: 5, impressions: 20_000 }

/**
 * A folder to begin with: the feed's configuration, a made-up data set whose truth is known, and what to try first.
 *
 * @param writeFeed writes the commented configuration into the folder
 * @returns what to tell
 * @throws OperatorError when the folder holds something
 */
export async function startFolder(folder: string, writeFeed: (folder: string) => string): Promise<string> {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new OperatorError('init_folder_filled', `${folder} is not empty: name a new folder.`)
  mkdirSync(folder, { recursive: true })
  writeFeed(folder)
  const data = join(folder, 'data')
  const sink = openDataFolder(data, ['csv'], null)
  const { signal } = new AbortController()
  const truth = await synthesize(synthesisSchema.parse(SAMPLE), {
    sink,
    signal,
    onHour: () => Promise.resolve(),
  })
  const { impressions } = sink.close(truth)
  writeFileSync(join(folder, 'README.md'), startReadme(impressions, truth.bestReachableNormalizedEntropy))
  return `Wrote ${folder}: feedloop.config.ts, data/ (${impressions.toLocaleString('en-US')} shown items of a made-up feed) and README.md.\nA first result: cd ${folder} && npx feedloop train --data data\n`
}
