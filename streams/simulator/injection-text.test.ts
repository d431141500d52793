import { expect, it } from 'vitest'
import { parseInjection, parseSpeed } from './injection-text.ts'

it('reads what and when, in wall time', () => {
  expect(parseInjection('concept@90s', 60)).toEqual({ kind: 'concept', atMinutes: 90, forMinutes: 10 })
  expect(parseInjection('lag@1.5m', 10).atMinutes).toBe(15)
  expect(parseSpeed('60x')).toBe(60)
  expect(parseSpeed('0.5')).toBe(0.5)
})

it.each(['concept', 'concept@', 'concept@90', 'tastes@90s', '@90s'])('refuses %s with a sentence', (text) => {
  expect(() => parseInjection(text, 60)).toThrow(/expected KIND@TIME/)
})

it.each(['fast', '0x', '-1', ''])('refuses the speed %j', (text) => {
  expect(() => parseSpeed(text)).toThrow(/expected a number/)
})
