import { existsSync, readFileSync, writeSync } from 'node:fs'
import { expect, it } from 'vitest'
import { makeRunFolder } from './fs-run-folder.ts'

it('holds the feed file and the logs of a run, and leaves nothing', () => {
  const folder = makeRunFolder({ prefix: 'demo-1' })
  try {
    expect(JSON.parse(readFileSync(folder.feedFile, 'utf8'))).toEqual({ prefix: 'demo-1' })
    const log = folder.openLog('scorer')
    writeSync(log, 'one\ntwo\nthree\n')
    folder.closeLog(log)
    expect(folder.logTail('scorer', 2)).toBe('two\nthree')
  } finally {
    folder.remove()
  }
  expect(existsSync(folder.path)).toBe(false)
})
