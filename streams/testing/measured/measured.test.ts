import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { outdatedTables } from './fs-readmes.ts'
import { commandOf, measuredHere } from './process-measured.ts'
import { withTables } from './readme-tables.ts'
import { type ResultFile, resultFileSchema, resultFileText } from './result-file.ts'
import { tableText } from './result-table.ts'
import { spreadOf, spreadText } from './spread.ts'

const file: ResultFile = {
  measured: {
    date: '2026-11-27',
    machine: { cpus: 2, model: '', node: 'v20.20.2' },
    commit: 'abc1234',
    command: 'npm run bench -- users',
  },
  tables: {
    users: {
      columns: [{ title: 'users' }, { title: 'events/s', digits: 0 }, { title: 'CPU s', digits: 1 }],
      rows: [
        ['10|000', [237_626, 222_132, 243_948], [4.9]],
        ['100', [], [1, 2]],
      ],
    },
  },
}
const marked = (between: string) =>
  `a\n\n<!-- table: results/x.json#users -->${between}<!-- /table -->\n\nb\n`

it('takes the middle of an odd number of values, the mean of the middle two of an even one', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
  expect(spreadOf([4, 1, 2, 8])).toEqual({ median: 3, min: 1, max: 8 })
  expect(spreadOf([])).toEqual({ median: NaN, min: NaN, max: NaN })
  expect(spreadText(spreadOf([1_234.56, 1_234.5]), 0)).toBe('1,235')
  expect(spreadText(spreadOf([1, 2, 4]), 1)).toBe('2.0 (1.0-4.0)')
})

it('writes between the markers what the results file says, and nothing else', () => {
  const made = withTables(marked('\nold | numbers\n'), (path) => {
    expect(path).toBe('results/x.json')
    return resultFileText(file)
  })
  expect(made).toBe(
    marked(`

| users   | events/s                  | CPU s         |
| ------- | ------------------------- | ------------- |
| 10\\|000 | 237,626 (222,132-243,948) | 4.9           |
| 100     |                           | 1.5 (1.0-2.0) |

2026-11-27, 2 cores, Node 20.20.2, commit abc1234: \`npm run bench -- users\`.

`),
  )
  expect(withTables(made, () => resultFileText(file))).toBe(made)
  expect(tableText(file.tables['users']!)).toContain('1.5 (1.0-2.0)')
})

it('refuses a table that the file does not have, and a file of another form', () => {
  const other = marked('\n').replace('#users', '#items')
  expect(() => withTables(other, () => resultFileText(file))).toThrow('no table items')
  expect(() => withTables(marked('\n'), () => '{"measured":{}}')).toThrow('tables')
})

it('notes where and how a command measured', () => {
  expect(resultFileSchema.shape.measured.parse(measuredHere('bench')).machine.node).toBe(process.version)
  expect(commandOf('bench', ['users', '--json', 'x.json', '--rounds', '3'])).toBe(
    'npm run bench -- users --rounds 3',
  )
  expect(commandOf('bench', [])).toBe('npm run bench')
})

it('is what every README shows (otherwise: npm run tables)', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url))
  expect(outdatedTables(root).map(({ path }) => path)).toEqual([])
})
