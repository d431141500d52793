import { describe, expect, it } from 'vitest'
import { StoreUnavailableError } from './errors.ts'
import { askRedis, throughOutage } from './redis-outage.ts'

const saying = (message: string) => askRedis('write a batch', () => Promise.reject(new Error(message)))

describe('what Redis refuses', () => {
  it.each([
    [
      "ERR Error running script: @user_script: -OOM command not allowed when used memory > 'maxmemory'.",
      /raise its maxmemory/,
    ],
    ['MISCONF Errors writing to the AOF file: No space left on device', /make room/],
    ["READONLY You can't write against a read only replica.", /takes writes/],
    ['Connection is closed.', /running and reachable/],
  ])('%s is told with what to do', async (message, advice) => {
    await expect(saying(message)).rejects.toMatchObject({
      code: 'store_unavailable',
      policy: 'transient',
      message: expect.stringMatching(advice),
    })
  })

  it('is a bug when it is a fence of another format', async () => {
    await expect(saying('FORMAT not a fence: 2 new')).rejects.toMatchObject({
      code: 'blob_corrupt',
      policy: 'bug',
    })
  })
})

describe('an outage', () => {
  const away = new StoreUnavailableError('read', new Error('away'))

  it('that ends in time is waited for', async () => {
    const attempts: number[] = []
    const call = (attempt: number) => {
      attempts.push(attempt)
      return attempt < 2 ? Promise.reject(away) : Promise.resolve('back')
    }
    expect(await throughOutage(60_000, call)).toBe('back')
    expect(attempts).toEqual([1, 2])
  })

  it('is asked about once more when its time is over after the first answer', async () => {
    const attempts: number[] = []
    const failing = (count: number) => (attempt: number) => {
      attempts.push(attempt)
      return attempt <= count ? Promise.reject(away) : Promise.resolve('back')
    }
    expect(await throughOutage(1, failing(1))).toBe('back')
    await expect(throughOutage(1, failing(2))).rejects.toBe(away)
    expect(attempts).toEqual([1, 2, 1, 2])
  })

  it('is not waited for by who has no time, and other errors are not outages', async () => {
    let asked = 0
    const failing = (error: unknown) => () => (asked++, Promise.reject(error))
    await expect(throughOutage(0, failing(away))).rejects.toBe(away)
    await expect(throughOutage(60_000, failing(new TypeError('bug')))).rejects.toThrow(TypeError)
    expect(asked).toBe(2)
  })
})
