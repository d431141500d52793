import { expect, test } from 'vitest'
import { restartableStage } from './restartable-stage.ts'

function runs() {
  const ends: { resolve(): void; reject(error: unknown): void }[] = []
  const told: string[] = []
  const run = async () => {
    const n = ends.length
    told.push(`start ${String(n)}`)
    const done = new Promise<void>((resolve, reject) => void ends.push({ resolve, reject }))
    done.catch(() => undefined)
    const stop = async () => {
      told.push(`stop ${String(n)}`)
      ends[n]!.resolve()
    }
    return { ready: Promise.resolve(), done, stop }
  }
  return { ends, told, run }
}

test('is one stage to whoever waits for its end, however often it begins again', async () => {
  const { told, run } = runs()
  const stage = restartableStage(run)
  stage.restart() // nothing runs yet
  let isOver = false
  const done = stage.done(stage.start()).then(() => void (isOver = true))
  await Promise.resolve()
  stage.restart()
  stage.restart()
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  expect(told).toEqual(['start 0', 'stop 0', 'start 1', 'stop 1', 'start 2'])
  expect(isOver).toBe(false)
  await stage.stop()
  await done
  expect(told.at(-1)).toBe('stop 2')
})

test('tells the death of a later run', async () => {
  const { ends, run } = runs()
  const stage = restartableStage(run)
  const done = stage.done(stage.start())
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  stage.restart()
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  ends[1]!.reject(new Error('died'))
  await expect(done).rejects.toThrow('died')
})
