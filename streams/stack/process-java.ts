import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Environment } from './addresses.ts'
import { JavaMissingError, JavaTooOldError } from './errors.ts'
import { javaMajorOf } from './tool-versions.ts'
import { JAVA_VERSION_MIN } from './stack-services.ts'

const run = promisify(execFile)

/** The java to use: JAVA_HOME's, else the PATH's. Throws JavaMissingError, JavaTooOldError. */
export async function findJava(env: Environment): Promise<string> {
  const command = env['JAVA_HOME'] ? path.join(env['JAVA_HOME'], 'bin', 'java') : 'java'
  let output: string
  try {
    const { stdout, stderr } = await run(command, ['-version'], { env: { ...env } })
    output = `${stderr}\n${stdout}`
  } catch {
    throw new JavaMissingError(JAVA_VERSION_MIN)
  }
  const major = javaMajorOf(output)
  if (major === undefined || major < JAVA_VERSION_MIN)
    throw new JavaTooOldError(
      major === undefined ? 'of an unknown version' : `version ${major}`,
      command,
      JAVA_VERSION_MIN,
    )
  return command
}
