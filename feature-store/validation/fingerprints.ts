/** Whether a text was seen before, by 64 bits of it: two texts share them once in 3,000,000 sets of ten million. */
export interface Fingerprints {
  readonly size: number
  /** No more are kept: what came later is not remembered. */
  readonly isFull: boolean
  /** @returns how often it was seen before: 0, 1, or 2 for more; 0 as well when the set is full and it is not in it */
  add(text: string): 0 | 1 | 2
  has(text: string): boolean
}

const SLOTS_FIRST = 1_024
const LOAD_MAX = 0.6

/** An open hash table of 9 bytes a slot: about 15 bytes a text, 120 MB at the bound of eight million. */
export function createFingerprints(textsMax = 8_000_000): Fingerprints {
  let slots = SLOTS_FIRST
  let [high, low, counts] = [new Uint32Array(slots), new Uint32Array(slots), new Uint8Array(slots)]
  let size = 0

  function slotOf(h: number, l: number): number {
    let slot = (h ^ Math.imul(l, 0x9e3779b1)) >>> 0
    for (slot &= slots - 1; counts[slot] !== 0; slot = (slot + 1) & (slots - 1))
      if (high[slot] === h && low[slot] === l) return slot
    return slot
  }

  function grow(): void {
    const old = { high, low, counts }
    slots *= 2
    ;[high, low, counts] = [new Uint32Array(slots), new Uint32Array(slots), new Uint8Array(slots)]
    for (const [at, count] of old.counts.entries()) {
      if (count === 0) continue
      const slot = slotOf(old.high[at]!, old.low[at]!)
      high[slot] = old.high[at]!
      low[slot] = old.low[at]!
      counts[slot] = count
    }
  }

  return {
    get size() {
      return size
    },
    get isFull() {
      return size >= textsMax
    },
    add(text) {
      const [h, l] = [hash32(text, 0x811c9dc5), hash32(text, 0x2545f491)]
      const slot = slotOf(h, l)
      const count = counts[slot]!
      if (count > 0) {
        if (count < 2) counts[slot] = 2
        return count === 1 ? 1 : 2
      }
      if (size >= textsMax) return 0
      high[slot] = h
      low[slot] = l
      counts[slot] = 1
      if (++size > slots * LOAD_MAX) grow()
      return 0
    },
    has: (text) => counts[slotOf(hash32(text, 0x811c9dc5), hash32(text, 0x2545f491))] !== 0,
  }
}

/** FNV-1a over UTF-16 units with murmur3's finalizer. */
function hash32(text: string, basis: number): number {
  let hash = basis | 0
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
