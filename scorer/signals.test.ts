import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { MODEL_REFUSALS } from './model/errors.ts'
import { SCORER_LOG_EVENTS, SCORER_SIGNALS } from './signals.ts'

const folders = ['.', 'model'].map((folder) => `${import.meta.dirname}/${folder}`)
const sources = folders
  .flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => /\.ts$/.test(file) && !/\.test\.ts$|^signals\.ts$/.test(file))
      .map((file) => `${folder}/${file}`),
  )
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')
const used = (pattern: RegExp) =>
  [...new Set([...sources.matchAll(pattern)].map(([, name]) => name ?? ''))].sort()

it('declares every metric that is used, and no other', () => {
  expect(used(/signals\.(?:count|gauge|observe)\('(\w+)'/g)).toEqual(
    SCORER_SIGNALS.map(({ name }) => name).sort(),
  )
})
/** The last string of every call of a logger. */
function loggedEvents(): string[] {
  const calls = sources.split(/log\.(?:info|warn|error)(?=\()/).slice(1)
  return calls.map((rest) => [...callText(rest).matchAll(/'(\w+)'/g)].at(-1)?.[1] ?? '')
}

function callText(text: string): string {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth += 1
    if (text[at] === ')' && --depth === 0) return text.slice(0, at)
  }
  return text
}

it('declares every log event that is used, and no other', () => {
  expect([...new Set(loggedEvents())].sort()).toEqual([...SCORER_LOG_EVENTS].sort())
})
it('refuses models for declared reasons, each of them used', () => {
  for (const code of MODEL_REFUSALS) expect(sources.split(`'${code}'`).length, code).toBeGreaterThan(2)
})
