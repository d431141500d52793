import type { ScratchFile } from './scratch-file.ts'

/** The same in memory, on a disk of a given size. */
export function createMemoryScratchFile(bytesMax = Infinity): ScratchFile & { readonly length: number } {
  let content = Buffer.alloc(0)
  let length = 0

  function reserve(to: number): void {
    if (to > content.length) content = Buffer.concat([content, Buffer.alloc(2 * to - content.length)])
    length = Math.max(length, to)
  }

  return {
    write(position, bytes) {
      if (position + bytes.length > bytesMax) return Promise.resolve(false)
      reserve(position + bytes.length)
      content.set(bytes, position)
      return Promise.resolve(true)
    },
    read(position, wanted) {
      if (position + wanted > length) return Promise.reject(new RangeError('nothing was written there'))
      return Promise.resolve(Buffer.from(content.subarray(position, position + wanted)))
    },
    truncate(to) {
      length = Math.min(length, to)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
    get length() {
      return length
    },
  }
}
