import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createJiti } from 'jiti'
import { FeedFileError } from './feed-file-error.ts'

export const FEED_FILE = 'feedloop.config.ts'

export interface FeedFileSource {
  /** Given on the command line or in the environment; must exist then. */
  path?: string | undefined
  workingDirectory: string
  /** What `import ... from 'feedloop'` means inside the file, in a checkout as in an installed package. */
  packageExports: Record<string, unknown>
}

/**
 * Loads the user's feed file: `feedloop.config.ts` through jiti, or a `.json` file as it is.
 * @returns what the file exports as default, unchecked; undefined when there is no file and none was asked for
 * @throws FeedFileError naming the file, when it is missing or does not load
 */
export async function loadFeedFile(
  source: FeedFileSource,
): Promise<{ path: string; value: unknown } | undefined> {
  const path = resolve(source.workingDirectory, source.path ?? FEED_FILE)
  if (!existsSync(path)) {
    if (source.path === undefined) return undefined
    throw new FeedFileError(path, 'there is no such file. Write one with `npx feedloop init`.')
  }
  try {
    if (path.endsWith('.json')) return { path, value: JSON.parse(readFileSync(path, 'utf8')) }
    const jiti = createJiti(import.meta.url, {
      moduleCache: false,
      virtualModules: { feedloop: source.packageExports },
    })
    return { path, value: await jiti.import(path, { default: true }) }
  } catch (cause) {
    throw new FeedFileError(
      path,
      `it does not load: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}

/** Writes the commented template; never over a file that is there. */
export function writeFeedFile(workingDirectory: string, templatePath: string): string {
  const path = resolve(workingDirectory, FEED_FILE)
  if (existsSync(path)) throw new FeedFileError(path, 'it exists already; it was not touched.')
  writeFileSync(path, readFileSync(templatePath, 'utf8'), { flag: 'wx' })
  return path
}
