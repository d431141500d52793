/** No UTF-16 unit takes more in UTF-8. */
export const UTF8_BYTES_PER_UNIT_MAX = 3

const ASCII_MAX = 0x7f
/** From so many units on the way out of JavaScript is faster than a loop. */
const SHORT_UNITS_MAX = 12

/** Writes a text at a place that is large enough, and answers where it ends. Fast for ids: short and mostly ASCII. */
export function writeUtf8(text: string, target: Buffer, at: number): number {
  if (text.length > SHORT_UNITS_MAX) return at + target.write(text, at)
  let end = at
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > ASCII_MAX) return at + target.write(text, at)
    target[end++] = unit
  }
  return end
}
