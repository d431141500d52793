import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where package.json lies: tsc copies no .avsc files, so from `dist/schemas` too they are read from the source tree. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error(`no package.json above ${fileURLToPath(import.meta.url)}`)
    folder = parent
  }
  return folder
}

/** The text of a file of the installed package's `schemas` folder, e.g. `avro/users.avsc`. */
export function readSchemaFile(path: string): string {
  return readFileSync(join(packageRoot(), 'schemas', path), 'utf8')
}

/** Current schema of a topic as one line of JSON: what is registered, so that layout in the file does not matter. */
export function readCurrentSchema(schemaFile: string): string {
  return JSON.stringify(JSON.parse(readSchemaFile(schemaFile)))
}

/** Accepted versions of a topic's schema, oldest first. `topicFolder` is the topic's name without prefix and version. */
export function readSchemaHistory(topicFolder: string): { version: number; schemaJson: string }[] {
  return readdirSync(join(packageRoot(), 'schemas', 'history', topicFolder))
    .map((file) => Number(/^(\d+)\.avsc$/.exec(file)?.[1]))
    .filter((version) => version > 0)
    .sort((a, b) => a - b)
    .map((version) => ({
      version,
      schemaJson: readCurrentSchema(`history/${topicFolder}/${version}.avsc`),
    }))
}
