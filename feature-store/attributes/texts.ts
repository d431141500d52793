/** Several texts as one value, in the order of the record, each once. A text that holds the separator is several. */

/** ASCII's unit separator. */
const SEPARATOR = '\u001f'

export function withText(texts: string | null, text: string): string {
  if (texts === null) return text
  return textsOf(texts).includes(text) ? texts : `${texts}${SEPARATOR}${text}`
}

export const textsOf = (texts: string): readonly string[] =>
  texts.includes(SEPARATOR) ? texts.split(SEPARATOR) : [texts]
