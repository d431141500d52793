import { describe, expect, it } from 'vitest'
import { RegistryUnavailableError } from './errors.ts'
import { createPatience } from './registry-patience.ts'

/** Questions that are answered when the test says so; `asked` counts them. */
function heldQuestions() {
  const held: { resolve(answer: string): void; reject(error: unknown): void }[] = []
  const ask = () => new Promise<string>((resolve, reject) => held.push({ resolve, reject }))
  return { held, ask }
}
const options = { patienceMs: 1, awayPatienceMs: 1, questionsMax: 2 }
const unavailable = () => new RegistryUnavailableError('it', 4, 'outage')
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('patience with a registry', () => {
  it('gives an answer that comes in time, and asks again the next time', async () => {
    let asked = 0
    const ask = createPatience((id: number) => Promise.resolve(`${id}/${++asked}`), options)
    expect(await ask(7)).toBe('7/1')
    expect(await ask(7)).toBe('7/2')
  })

  it('lets the asker go when it takes too long; who comes back finds the answer of the same question', async () => {
    const { held, ask } = heldQuestions()
    const patiently = createPatience(ask, options)
    await expect(patiently(7)).rejects.toMatchObject({ code: 'registry_unavailable', policy: 'transient' })
    await expect(patiently(7)).rejects.toThrow(/the question goes on/)
    expect(held.length).toBe(1)
    held[0]!.resolve('schema')
    await turn()
    expect(await patiently(7)).toBe('schema')
    expect(held.length).toBe(1)
  })

  it('does not wait as long for a registry that did not answer before', async () => {
    const { held, ask } = heldQuestions()
    const patiently = createPatience(ask, { ...options, patienceMs: 2_000_000 })
    const first = patiently(7)
    held[0]!.reject(unavailable())
    await expect(first).rejects.toThrow(/outage/)
    await expect(patiently(8)).rejects.toThrow(/within 1 ms/)
    held[1]!.resolve('schema')
    await turn()
    expect(await patiently(8)).toBe('schema')
    const patient = patiently(9)
    held[2]!.resolve('another')
    expect(await patient).toBe('another')
  })

  it('asks anew after a failure that came when nobody waited', async () => {
    const { held, ask } = heldQuestions()
    const patiently = createPatience(ask, options)
    await expect(patiently(7)).rejects.toThrow(/goes on/)
    held[0]!.reject(unavailable())
    await turn()
    const again = patiently(7)
    held[1]!.resolve('schema')
    expect(await again).toBe('schema')
  })

  it('passes on what is no outage', async () => {
    const ask = createPatience(() => Promise.reject(new TypeError('a bug')), options)
    await expect(ask(1)).rejects.toThrow(TypeError)
  })

  it('forgets the oldest question past the bound', async () => {
    const { held, ask } = heldQuestions()
    const patiently = createPatience(ask, options)
    for (const id of [1, 2, 3]) await expect(patiently(id)).rejects.toThrow(/goes on/)
    await expect(patiently(3)).rejects.toThrow(/goes on/)
    expect(held.length).toBe(3)
    await expect(patiently(1)).rejects.toThrow(/goes on/)
    expect(held.length).toBe(4)
  })
})
