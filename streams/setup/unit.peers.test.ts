import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const unit = path.join(import.meta.dirname, 'feedloop.service')
const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-unit-'))
afterAll(() => rmSync(folder, { recursive: true }))

const isThere = await run('systemd-analyze', ['--version']).then(
  () => true,
  () => false,
)
if (!isThere && process.env['REQUIRE_SERVICES'] === '1')
  throw new Error('REQUIRE_SERVICES=1 and there is no systemd-analyze')

/** What systemd says of the unit, with the Node of this machine; empty when it finds nothing. */
async function verify(change: (text: string) => string): Promise<string> {
  const file = path.join(folder, 'feedloop.service')
  copyFileSync(unit, file)
  writeFileSync(file, change(readFileSync(unit, 'utf8').replace('/usr/bin/node', process.execPath)))
  const { stdout, stderr } = await run('systemd-analyze', ['verify', file]).catch(
    (error: { stdout: string; stderr: string }) => error,
  )
  return stdout + stderr
}

describe.skipIf(!isThere)('systemd-analyze verify', () => {
  it('finds nothing in the unit', async () => {
    expect(await verify((text) => text)).toBe('')
  })

  it('finds what is wrong in one', async () => {
    expect(await verify((text) => text.replace('TimeoutStopSec=30', 'TimeoutStopSeconds=30'))).toContain(
      'TimeoutStopSeconds',
    )
  })
})
