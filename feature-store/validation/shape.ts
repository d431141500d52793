/**
 * A text with its digits taken together, as a regular expression: what ids of one kind have in common. A list joined by | of
 * parts of one shape is one shape, however long.
 *
 * @example
 * shapeOf('r12.3.view') // 'r\\d+\\.\\d+\\.view'
 * shapeOf('i1|i22') // 'i\\d+(?:\\|i\\d+)*'
 */
export function shapeOf(text: string): string {
  const [first, ...more] = text.slice(0, CHARS_MAX).split('|').map(partShape)
  if (more.length === 0) return first!
  return more.every((part) => part === first) ? `${first!}(?:\\|${first!})*` : [first, ...more].join('\\|')
}

const CHARS_MAX = 400
const partShape = (part: string) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&').replace(/\d+/g, '\\d+')

/** One expression for several shapes. */
export const regexOf = (shapes: readonly string[]): string =>
  shapes.length === 1 ? `^${shapes[0]!}$` : `^(?:${[...shapes].sort().join('|')})$`
