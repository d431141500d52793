import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { SCENARIOS } from './scenarios.ts'

it('lists every scenario, and each has its test beside it', () => {
  const files = readdirSync(path.join(import.meta.dirname, 'scenarios')).sort()
  expect(files).toEqual(SCENARIOS.flatMap(({ name }) => [`${name}.services.test.ts`, `${name}.ts`]).sort())
})
