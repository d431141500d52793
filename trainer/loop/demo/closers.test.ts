import { expect, it } from 'vitest'
import { createClosers } from './closers.ts'

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
