/** Of names shorter than this, one other letter makes another word. */
const LENGTH_MIN = 4

/**
 * The one of `names` that somebody who wrote `name` probably meant: the same but for case and `_ - .`, or but for one
 * letter (left out, too many, another one).
 *
 * @example
 * nearestName('Category', ['price', 'category']) // 'category'
 */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  const folded = foldedName(name)
  let nearly: string | undefined
  for (const candidate of names) {
    const other = foldedName(candidate)
    if (other === folded) return candidate
    if (Math.min(other.length, folded.length) >= LENGTH_MIN && isOneEditAway(folded, other))
      nearly ??= candidate
  }
  return nearly
}

const foldedName = (name: string) => name.toLowerCase().replaceAll(/[_.\s-]/g, '')

function isOneEditAway(left: string, right: string): boolean {
  const [short, long] = left.length <= right.length ? [left, right] : [right, left]
  if (long.length - short.length > 1) return false
  let at = 0
  while (at < short.length && short[at] === long[at]) at++
  const rest = short.length === long.length ? at + 1 : at
  return short.slice(rest) === long.slice(at + 1)
}
