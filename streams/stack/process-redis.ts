import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Environment } from './addresses.ts'
import { redisArchive } from './archives.ts'
import { RedisMissingError } from './errors.ts'
import { archiveDir, ensureArchives, type FetchOptions } from './fs-archives.ts'
import { REDIS_VERSION_MIN } from './stack-services.ts'
import { isAtLeast, redisVersionOf } from './tool-versions.ts'

const run = promisify(execFile)

/** redis-server of the PATH when it is new enough, else the one in the Maven archive. Throws RedisMissingError. */
export async function findRedis(options: FetchOptions): Promise<string> {
  const installed = await versionOf('redis-server', options.env)
  if (installed !== undefined && isAtLeast(installed, REDIS_VERSION_MIN)) return 'redis-server'
  const found =
    installed === undefined
      ? 'No redis-server is on the PATH'
      : `The redis-server on the PATH is ${installed}`
  const archive = redisArchive(process.platform, process.arch)
  if (archive === undefined)
    throw new RedisMissingError(
      `${found}, and there is none to fetch for ${process.platform} ${process.arch}.`,
    )
  await ensureArchives([archive], options)
  const command = path.join(archiveDir(options.cacheDir, archive), archive.mainFile)
  if ((await versionOf(command, options.env)) === undefined)
    throw new RedisMissingError(`${found}, and the fetched ${command} does not run on this system.`)
  return command
}

async function versionOf(command: string, env: Environment): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, ['--version'], { env: { ...env } })
    return redisVersionOf(stdout)
  } catch {
    // Not there, or not for this system: the caller says so.
    return undefined
  }
}
