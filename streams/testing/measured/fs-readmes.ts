import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { withTables } from './readme-tables.ts'

export interface Document {
  /** From the root. */
  path: string
  text: string
}

const PARTS = ['schemas', 'streams', 'feature-store', 'scorer', 'trainer']

/** Every Markdown document of the house, without the changelog (it tells of files that are gone) and other people's data. */
export function documentsOf(root: string): Document[] {
  const paths = PARTS.flatMap((part) =>
    readdirSync(path.join(root, part), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md') && !file.includes('fixtures'))
      .map((file) => path.join(part, file)),
  )
  return ['README.md', ...paths.sort()].map((file) => ({
    path: file,
    text: readFileSync(path.join(root, file), 'utf8'),
  }))
}

/** Documents whose tables are not those of their results files, as they should be. */
export function outdatedTables(root: string): Document[] {
  return documentsOf(root).flatMap((document) => {
    const folder = path.join(root, path.dirname(document.path))
    const text = withTables(document.text, (file) => readFileSync(path.join(folder, file), 'utf8'))
    return text === document.text ? [] : [{ path: document.path, text }]
  })
}
