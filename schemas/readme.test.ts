import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const text = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8')
const readme = text('README.md')

describe('README', () => {
  it('lists exactly the error codes that exist', () => {
    const source = text('errors.ts')
    const union = /type DecodeErrorCode = (.*)/.exec(source)![1]!
    const codes = [...union.matchAll(/'(\w+)'/g), ...source.matchAll(/readonly code = '(\w+)'/g)].map(
      (match) => match[1],
    )
    const listed = [...readme.matchAll(/^\| `(\w+)`\s+\|/gm)].map((match) => match[1])
    expect(listed.sort()).toEqual(codes.sort())
  })

  it('names only files that exist', () => {
    const files = [...readme.matchAll(/`((?:testing\/)?[\w-]+\.ts)`/g)].map((match) => match[1]!)
    const elsewhere = ['commands.ts', 'config.ts', 'signals.ts']
    for (const file of files.filter((name) => !elsewhere.includes(name))) {
      expect(existsSync(new URL(file, import.meta.url)), file).toBe(true)
    }
    expect(files.length).toBeGreaterThan(10)
  })
})
