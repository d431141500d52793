/** Cells are texts; rows that are quiet are told in grey. */
export function table(
  head: readonly string[],
  rows: readonly { cells: readonly string[]; isQuiet: boolean }[],
): string {
  const cells = (tag: string, values: readonly string[]) =>
    values.map((value) => `<${tag}>${escaped(value)}</${tag}>`).join('')
  const body = rows.map(
    ({ cells: values, isQuiet }) => `<tr${isQuiet ? ' class="quiet"' : ''}>${cells('td', values)}</tr>`,
  )
  return `<div class="scroll"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

/** '-' where there is nothing to tell. */
export const fixed = (value: number | null, digits: number) => (value === null ? '-' : value.toFixed(digits))

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
/** As text of a page. */
export const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
