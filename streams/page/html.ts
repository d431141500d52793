const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A text as HTML shows it. */
export const escapedHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)

export interface HtmlRow {
  cells: readonly string[]
  /** Told in a low voice. */
  isQuiet: boolean
}

/** A table of texts, as the style of our pages has it. */
export function htmlTable(head: readonly string[], rows: readonly HtmlRow[]): string {
  const cells = (tag: string, values: readonly string[]) =>
    values.map((value) => `<${tag}>${escapedHtml(value)}</${tag}>`).join('')
  const body = rows.map(
    ({ cells: values, isQuiet }) => `<tr${isQuiet ? ' class="quiet"' : ''}>${cells('td', values)}</tr>`,
  )
  return `<div class="scroll"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

/** For pages and terminals; '-' where there is nothing to tell. */
export const fixedText = (value: number | null, digits: number) =>
  value === null ? '-' : value.toFixed(digits)
