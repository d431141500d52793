import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { portProbe } from './process-ports.ts'
import { LOCAL_HOST } from './stack-services.ts'

it('finds ports that no outgoing connection is given, and sees when one is taken', async () => {
  const port = await portProbe.anyFree()
  expect(port).toBeGreaterThanOrEqual(10_000)
  expect(port).toBeLessThan(32_768)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, LOCAL_HOST, resolve))
  try {
    expect(await portProbe.isFree(port)).toBe(false)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
  expect(await portProbe.isFree(port)).toBe(true)
})
