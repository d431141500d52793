import { expect, it } from 'vitest'
import type { ScratchFile } from '../pending/scratch-file.ts'

/** What every scratch file does. */
export function scratchConformance(open: () => Promise<ScratchFile>): void {
  const text = async (file: ScratchFile, position: number, length: number) =>
    (await file.read(position, length)).toString()

  it('gives back what was written, wherever and in whatever order', async () => {
    const file = await open()
    expect(await file.write(6, Buffer.from('world'))).toBe(true)
    expect(await file.write(0, Buffer.from('hello '))).toBe(true)
    expect(await text(file, 0, 11)).toBe('hello world')
    await file.write(1, Buffer.from('ALL'))
    expect(await text(file, 0, 5)).toBe('hALLo')
    await file.close()
  })

  it('gives what was read away: later writes do not change it', async () => {
    const file = await open()
    await file.write(0, Buffer.from('one'))
    const read = await file.read(0, 3)
    await file.write(0, Buffer.from('two'))
    expect(read.toString()).toBe('one')
    await file.close()
  })

  it('takes many reads and writes at once', async () => {
    const file = await open()
    const places = Array.from({ length: 50 }, (_, at) => at)
    await Promise.all(places.map((at) => file.write(at * 1_000, Buffer.alloc(1_000, at))))
    const read = await Promise.all(places.map((at) => file.read(at * 1_000, 1_000)))
    for (const at of places) expect(read[at]!.every((byte) => byte === at)).toBe(true)
    await file.close()
  })

  it('does not answer with bytes that nobody wrote', async () => {
    const file = await open()
    await file.write(0, Buffer.from('abc'))
    await expect(file.read(0, 4)).rejects.toThrow('nothing was written there')
    await file.truncate(2)
    await expect(file.read(0, 3)).rejects.toThrow('nothing was written there')
    expect(await text(file, 0, 2)).toBe('ab')
    await file.close()
  })
}
