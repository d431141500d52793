const FLOAT_BYTES = 4
const littleEndianHost = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/**
 * The numbers in a `vector` field: float32 little-endian, one per feature. Always a copy: a decoded Buffer may
 * begin anywhere in its memory, and a Float32Array may not.
 * @throws RangeError when the bytes are no whole number of float32.
 */
export function vectorOfBytes(bytes: Uint8Array): Float32Array {
  if (bytes.length % FLOAT_BYTES !== 0)
    throw new RangeError(`${bytes.length} bytes are no whole number of float32`)
  const vector = new Float32Array(bytes.length / FLOAT_BYTES)
  const target = new Uint8Array(vector.buffer)
  target.set(bytes)
  return littleEndianHost ? vector : swapped(vector, target)
}

/** The bytes of a `vector` field: float32 little-endian. A copy, so that the vector may be overwritten. */
export function bytesOfVector(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(vector.length * FLOAT_BYTES)
  for (let i = 0; i < vector.length; i++) bytes.writeFloatLE(vector[i]!, i * FLOAT_BYTES)
  return bytes
}

function swapped(vector: Float32Array, bytes: Uint8Array): Float32Array {
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).swap32()
  return vector
}
