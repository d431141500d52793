import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import * as errors from './errors.ts'
import { FEATURE_SIGNALS, LOG_EVENTS, SIGNALS } from './signals.ts'

const part = fileURLToPath(new URL('./', import.meta.url))
const sources = (readdirSync(part, { recursive: true }) as string[])
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('template'))
  .map((file) => ({ file, text: readFileSync(`${part}${file}`, 'utf8') }))
const readme = readFileSync(`${part}README.md`, 'utf8')

describe('what the part tells', () => {
  it('declares every metric once, and counts every one of them somewhere', () => {
    expect(FEATURE_SIGNALS.map(({ name }) => name)).toEqual(Object.values(SIGNALS))
    const code = sources
      .filter(({ file }) => file !== 'signals.ts')
      .map(({ text }) => text)
      .join('\n')
    for (const key of Object.keys(SIGNALS)) expect(code).toContain(`SIGNALS.${key}`)
    for (const key of Object.keys(LOG_EVENTS)) expect(code).toContain(`LOG_EVENTS.${key}`)
  })

  it('names its metrics, errors and commands in the README, and nothing that does not exist', () => {
    const text = sources.map((source) => source.text).join('\n')
    const codes = [
      ...(sources.find(({ file }) => file === 'errors.ts')?.text ?? '').matchAll(
        /^\s+'?(\w+)',$|super\('(\w+)'/gm,
      ),
    ]
    expect(codes.length).toBeGreaterThanOrEqual(Object.keys(errors).length - 1)
    for (const name of Object.values(SIGNALS)) expect(readme).toContain(`\`${name}\``)
    for (const [, name] of readme.matchAll(/`(feature_\w+)`/g)) expect(text).toContain(`'${name}'`)
    for (const [, code] of readme.matchAll(
      /`(store_\w+|fenced|blob_corrupt|partition_not_owned|feature_config)`/g,
    )) {
      expect(text).toContain(`'${code}'`)
    }
    for (const [, file] of readme.matchAll(/\]\(([\w./-]+\.(?:ts|lua|md))\)/g)) {
      expect(() => readFileSync(`${part}${file}`)).not.toThrow()
    }
  })
})
