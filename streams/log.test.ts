import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { readSecret } from './fs-secret.ts'
import { createLogger } from './log.ts'
import { LOG_EVENTS } from './signals.ts'

it('writes no secret, wherever it stands in a line', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-log-'))
  const file = path.join(folder, 'log')
  const secret = readSecret('planted"secret', 'x')
  const event = LOG_EVENTS.consumerReplaced
  const log = createLogger({ name: 'test', file })
  log.info({ url: 'redis://a:hunter2@host', deep: { password: 'p1', said: `WRONGPASS ${secret}` } }, event)
  log.error({ error: new Error(`login with ${secret} failed`), token: 't1' }, event)
  const written = readFileSync(file, 'utf8')
  rmSync(folder, { recursive: true })
  for (const hidden of [secret, 'planted', 'hunter2', 'p1', 't1']) expect(written).not.toContain(hidden)
  expect(written).toContain('redis://a:***@host')
  for (const line of written.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ name: 'test' })
})
