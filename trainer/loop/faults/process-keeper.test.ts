import { expect, it } from 'vitest'
import type { FeedloopProcess } from '#streams/testing'
import { eventCount, keepRunning } from './process-keeper.ts'

/** Processes that end when the test says so, or when they are asked to. */
function fakeProcesses() {
  const ends: ((ended: { exitCode: number; stdout: string; stderr: string }) => void)[] = []
  const start = (): FeedloopProcess => {
    const number = ends.length + 1
    let end!: (typeof ends)[number]
    const ended = new Promise<Awaited<FeedloopProcess['ended']>>((resolve) => (end = resolve))
    ends.push(end)
    const stop = async () => {
      end({ exitCode: 0, stdout: '', stderr: `process ${String(number)} stopped` })
      return (await ended).exitCode
    }
    return { ended, stop, mayEnd: () => undefined, child: { pid: number } } as unknown as FeedloopProcess
  }
  return { start, ends }
}

const captured = (act: () => void): string | null => {
  try {
    act()
    return null
  } catch (error) {
    return String(error)
  }
}

it('starts the process again when it ends by itself, and keeps what all of them wrote', async () => {
  const { start, ends } = fakeProcesses()
  const told: string[] = []
  const kept = keepRunning(start, { told: (lastWords) => told.push(lastWords) })
  const pid = () => kept.current().child.pid
  expect(pid()).toBe(1)
  ends[0]!({ exitCode: 1, stdout: '', stderr: '{"msg":"lost"} {"msg":"lost"}' })
  while (pid() === 1) await new Promise((resolve) => setImmediate(resolve))
  expect(kept.deaths()).toBe(1)
  expect(told).toEqual(['{"msg":"lost"} {"msg":"lost"}'])
  const { exitCode, written } = await kept.stop()
  expect(exitCode).toBe(0)
  expect(written).toContain('process 2 stopped')
  expect(eventCount(written, 'lost')).toBe(2)
  expect(ends.length).toBe(2)
})

it('starts none any more once it is stopped, also between two', async () => {
  const { start, ends } = fakeProcesses()
  const kept = keepRunning(start)
  ends[0]!({ exitCode: 1, stdout: '', stderr: 'died' })
  while (kept.deaths() === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(await kept.stop()).toMatchObject({ exitCode: 1 })
  await new Promise((resolve) => setImmediate(resolve))
  expect(ends.length).toBe(1)
})

it('does not start again what ended in a way nobody expected, and says what it wrote last', async () => {
  const { start, ends } = fakeProcesses()
  const kept = keepRunning(start, { expected: (_, stderr) => stderr.includes('fenced') })
  ends[0]!({ exitCode: 1, stdout: '', stderr: 'fenced by another' })
  while (ends.length === 1) await new Promise((resolve) => setImmediate(resolve))
  expect(() => kept.mustRun()).not.toThrow()
  ends[1]!({ exitCode: 7, stdout: '', stderr: 'out of memory' })
  await expect.poll(() => captured(() => kept.mustRun())).toMatch(/\(7\):\nout of memory/)
  expect([kept.deaths(), ends.length]).toEqual([1, 2])
})

it('counts equal lines that the log tells as one', () => {
  const written =
    '{"level":40,"msg":"lost"}\n{"level":40,"repeated":12,"withinSeconds":30,"msg":"lost"}\n{"msg":"other"}\n'
  expect(eventCount(written, 'lost')).toBe(13)
})
