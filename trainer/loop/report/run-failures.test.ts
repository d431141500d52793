import { expect, it } from 'vitest'
import { verdictText } from './run-failures.ts'

it('ends a report with what failed, or that nothing did', () => {
  expect(verdictText([])).toBe('All checks passed.')
  expect(verdictText(['2 interactions were lost', 'no vector could be checked'])).toBe(
    'Checks that failed:\n  2 interactions were lost\n  no vector could be checked',
  )
})
