import { resultFileSchema } from './result-file.ts'
import { measuredText, tableMarkdown } from './result-table.ts'

/** `<!-- table: results/x.json#name -->`, what the command writes, `<!-- /table -->`. */
const MARKED = /<!-- table: (\S+?)#([a-z-]+) -->\n[^]*?<!-- \/table -->/g

/**
 * A README whose marked tables are those of their results files.
 * @param read the text of a file, by its path from the README
 */
export function withTables(readme: string, read: (path: string) => string): string {
  return readme.replaceAll(MARKED, (_all, path: string, name: string) => {
    const { measured, tables } = resultFileSchema.parse(JSON.parse(read(path)))
    const found = tables[name]
    if (found === undefined)
      throw new Error(`${path} has no table ${name}: ${Object.keys(tables).join(', ')}`)
    return [
      `<!-- table: ${path}#${name} -->`,
      '',
      tableMarkdown(found),
      '',
      measuredText(measured),
      '',
      '<!-- /table -->',
    ].join('\n')
  })
}
