/** A header of a record. */
export interface RecordHeader {
  name: string
  value: Buffer | null
}

/**
 * The headers of a record as they are on the wire: how many, then each name and value, all lengths ZigZag varints.
 *
 * @see https://kafka.apache.org/documentation/#recordheader
 */
export function headersOf(bytes: Buffer): RecordHeader[] {
  let at = 0
  const varint = () => {
    let value = 0
    let weight = 1
    for (;;) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * weight
      if (byte < 0x80) break
      weight *= 0x80
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  const take = (length: number) => bytes.subarray(at, (at += length))
  const headers: RecordHeader[] = []
  for (let left = varint(); left > 0; left--) {
    const name = take(varint()).toString('utf8')
    const length = varint()
    headers.push({ name, value: length < 0 ? null : take(length) })
  }
  return headers
}
