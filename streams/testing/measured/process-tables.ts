/** `npm run tables [-- --check]`: writes the tables of all READMEs anew from the results files beside the benchmarks. */
import { writeFileSync } from 'node:fs'
import { outdatedTables } from './fs-readmes.ts'

const outdated = outdatedTables('.')
const isCheck = process.argv.includes('--check')
for (const { path, text } of outdated) {
  if (!isCheck) writeFileSync(path, text)
  process.stdout.write(`${isCheck ? 'differs from its results' : 'written'}: ${path}\n`)
}
if (isCheck && outdated.length > 0) process.exitCode = 1
