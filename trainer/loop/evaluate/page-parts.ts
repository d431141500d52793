import { escaped } from '../backtest/page-table.ts'

/** @param content of the page, escaped where it is text */
export const section = (title: string, content: string): string =>
  `<section><h2>${escaped(title)}</h2>${content}</section>`

export const lines = (texts: readonly string[]): string =>
  texts.map((text) => `<p>${escaped(text)}</p>`).join('')

export const listed = (texts: readonly string[], tag: 'ol' | 'ul'): string =>
  `<${tag}>${texts.map((text) => `<li>${escaped(text)}</li>`).join('')}</${tag}>`

export const count = (value: number): string => value.toLocaleString('en-US')

export const percent = (share: number): string =>
  `${(100 * share).toFixed(share !== 0 && Math.abs(share) < 0.01 ? 2 : 1)} %`
