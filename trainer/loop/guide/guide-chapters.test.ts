import { expect, it } from 'vitest'
import { guideSteps, linesMissing } from './guide-chapters.ts'

const GUIDE = `
# A
\`\`\`sh
npx feedloop a --b c   # as it is
cd d
\`\`\`
\`\`\`text
who   entropy
x     0.9 ...
\`\`\`
then
\`\`\`sh
npx feedloop e
\`\`\`
`

it('finds commands and what is shown of them', () => {
  expect(guideSteps(GUIDE)).toEqual([
    { commands: ['npx feedloop a --b c', 'cd d'], shown: ['who   entropy', 'x     0.9 ...'] },
    { commands: ['npx feedloop e'], shown: [] },
  ])
})

it('holds lines to their order and their words, not to their numbers', () => {
  const shown = ['who   entropy', 'x     0.9 ...']
  expect(linesMissing(shown, 'first\nwho entropy more\nx 0.8734 -0.1\n')).toEqual([])
  expect(linesMissing(shown, 'x 0.8734\nwho entropy\n')).toEqual(['x     0.9 ...'])
  expect(linesMissing(shown, 'who entropies\n')).toEqual(shown)
})
