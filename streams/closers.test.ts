import { expect, it } from 'vitest'
import { createClosers, openAll } from './closers.ts'

it('closes in the reverse order, once, whatever fails on the way', async () => {
  const closed: string[] = []
  const closers = createClosers()
  closers.add(() => void closed.push('first'))
  closers.add(() => Promise.reject(new Error('second would not close')))
  closers.add(async () => void closed.push('third'))
  await expect(closers.closeAll()).rejects.toThrow('second would not close')
  expect(closed).toEqual(['third', 'first'])
  await closers.closeAll()
  expect(closed).toHaveLength(2)
})

it('lets a second call wait for the first', async () => {
  const closers = createClosers()
  let isClosed = false
  closers.add(async () => {
    await new Promise((resolve) => setImmediate(resolve))
    isClosed = true
  })
  void closers.closeAll()
  await closers.closeAll()
  expect(isClosed).toBe(true)
})

it('closes what was open when opening more fails, and tells that failure', async () => {
  const closed: string[] = []
  const opening = openAll(async (closers) => {
    closers.add(() => void closed.push('first'))
    closers.add(() => Promise.reject(new Error('second would not close')))
    await Promise.reject(new Error('third would not open'))
  })
  await expect(opening).rejects.toThrow('third would not open')
  expect(closed).toEqual(['first'])
})
