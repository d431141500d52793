import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { documentsOf } from './fs-readmes.ts'
import { feedloopCommandsOf, linksOf, pathsOf, scriptsOf, wordsOf } from './readme-facts.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const documents = documentsOf(root).map(
  (document) => [document.path, document.text] satisfies [string, string],
)
/** Of a user's own folder, made by the program, or standing for any name. */
const NOT_OURS = new Set(['feedloop.config.ts', '.feedloop/', 'avro/x.avsc'])
/** What a stack keeps, below `.feedloop/stack`. */
const OF_THE_STACK = new Set(['logs/', 'kafka/', 'redis/', 'registry/'])
const README_WORDS_MAX = 1_000

/** Below the document's own folder, where a bare name may stand for a file in one of its folders. */
function namesBelow(folder: string): Set<string> {
  const files = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
  return new Set(files.map((file) => path.basename(file)))
}

describe.each(documents)('%s', (document, text) => {
  const folder = path.dirname(document)

  it('links to what exists', () => {
    const missing = linksOf(text).filter((target) => !existsSync(path.join(root, folder, target)))
    expect(missing).toEqual([])
  })

  it('names only files and folders that exist', () => {
    const below = folder === '.' ? new Set<string>() : namesBelow(folder)
    const missing = pathsOf(text).filter(
      (named) =>
        !existsSync(path.join(root, folder, named)) &&
        !existsSync(path.join(root, named)) &&
        !(named.indexOf('/') === -1 && below.has(named)) &&
        !NOT_OURS.has(named) &&
        !(document === 'streams/stack/README.md' && OF_THE_STACK.has(named)),
    )
    expect(missing).toEqual([])
  })

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    expect(scriptsOf(text).filter((name) => scripts[name] === undefined)).toEqual([])
  })
})

const readmes = documents.filter(([document]) => document.endsWith('/README.md'))
it.each(readmes)('%s fits a screen or two', (_document, text) => {
  expect(wordsOf(text)).toBeLessThanOrEqual(README_WORDS_MAX)
})

it('finds what a document claims', () => {
  const text =
    'a [b](c.md#d) [e](https://f) `g/h.ts` `i.json` `j/` `k/l.json` `npx feedloop m n --o p # q`, `npm run r:s -- t`'
  expect(linksOf(text)).toEqual(['c.md'])
  expect(pathsOf(text)).toEqual(['g/h.ts', 'j/', 'k/l.json'])
  expect(feedloopCommandsOf(text)).toEqual(['m n --o p'])
  expect(scriptsOf(text)).toEqual(['r:s'])
  expect(wordsOf('| one | two |\n<!-- table: x#y -->\nthree\n<!-- /table -->')).toBe(2)
})
