/**
 * An id made of several parts: different parts give different ids.
 *
 * `%` and the separator are escaped in every part but the last (`%25`, `%2F`), so that the first separators of the id are
 * the joints and what follows the last of them is the last part as it is. Ordinary ids are the parts with separators
 * between: the same bytes as without escaping.
 *
 * @example
 * joinedId('/', ['p:home', 'news/1']) // p:home/news/1
 * joinedId('/', ['p:home/news', '1']) // p:home%2Fnews/1
 */
export function joinedId(separator: string, parts: readonly string[]): string {
  return parts.map((part, i) => (i === parts.length - 1 ? part : escaped(separator, part))).join(separator)
}

function escaped(separator: string, part: string): string {
  if (!part.includes(separator) && !part.includes('%')) return part
  return part.replaceAll('%', '%25').replaceAll(separator, percentOf(separator))
}

const percentOf = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
