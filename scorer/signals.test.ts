import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { MODEL_REFUSALS } from './model/errors.ts'
import { LOG_EVENTS, SCORER_SIGNALS } from './signals.ts'

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
it('logs every event that is declared', () => {
  expect(used(/\bLOG_EVENTS\.(\w+)/g)).toEqual(Object.keys(LOG_EVENTS).sort())
})
it('refuses models for declared reasons, each of them used', () => {
  for (const code of MODEL_REFUSALS) expect(sources.split(`'${code}'`).length, code).toBeGreaterThan(2)
})
