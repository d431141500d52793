import { describe, expect, it } from 'vitest'
import { chainToNpm, isWhole, type ProcessFacts } from './npm-chain.ts'

type Table = Record<number, [parent: number, session: number | null, ...argv: string[]]>
const lookUpIn = (table: Table) => (pid: number) => {
  const [parent, session, ...argv] = table[pid] ?? []
  return parent === undefined ? null : ({ parent, session: session ?? null, argv } satisfies ProcessFacts)
}
const NODE = ['node', '--max-semi-space-size=64', '/app/node_modules/.bin/feedloop'] as const
const SHELL = ['sh', '-c', 'feedloop run all'] as const

describe('the chain to npm', () => {
  it.each<[what: string, Table, chain: number[] | null]>([
    ['npx', { 9: [8, 5, ...NODE], 8: [7, 5, ...SHELL], 7: [5, 5, 'npm exec feedloop run all'] }, [9, 8, 7]],
    ['a shell that execs', { 9: [7, 5, ...NODE], 7: [5, 5, 'npm run start'] }, [9, 7]],
    [
      'pnpm',
      { 9: [7, 5, ...NODE], 7: [5, 5, 'node', '/usr/lib/pnpm/bin/pnpm.cjs', 'exec', 'feedloop'] },
      [9, 7],
    ],
    ['yarn', { 9: [7, 5, ...NODE], 7: [5, 5, 'node', '/app/.yarn/releases/yarn-4.1.0.cjs'] }, [9, 7]],
    ['npm as the first process of a container', { 9: [1, 1, ...NODE], 1: [0, 1, 'npm start'] }, [9, 1]],
    ['no sessions told', { 9: [7, null, ...NODE], 7: [5, null, 'npm', 'start'] }, [9, 7]],
    ['a terminal', { 9: [8, 5, ...NODE], 8: [5, 5, '-bash'], 5: [1, 5, 'sshd'], 1: [0, 1, 'init'] }, null],
    ['systemd', { 9: [1, 9, ...NODE], 1: [0, 1, '/sbin/init'] }, null],
    ['the first process of a container', { 1: [0, 1, ...NODE] }, null],
    ['setsid below npm', { 9: [8, 9, ...NODE], 8: [7, 5, ...SHELL], 7: [5, 5, 'npm run start'] }, null],
    [
      'a folder named npm',
      { 9: [7, 5, ...NODE], 7: [1, 5, 'node', '/home/me/.npm/_npx/1/node_modules/.bin/feedloop', 'demo'] },
      null,
    ],
    ['a circle', { 9: [8, 5, ...NODE], 8: [9, 5, ...SHELL] }, null],
  ])('%s', (_, table, chain) => {
    expect(chainToNpm(table[9] === undefined ? 1 : 9, lookUpIn(table))).toEqual(chain)
  })

  it('is broken when any of its processes has another parent or is gone', () => {
    const whole: Table = { 9: [8, 5, ...NODE], 8: [7, 5, ...SHELL], 7: [5, 5, 'npm exec feedloop'] }
    expect(isWhole([9, 8, 7], lookUpIn(whole))).toBe(true)
    expect(isWhole([9, 8, 7], lookUpIn({ ...whole, 9: [1, 5, ...NODE] }))).toBe(false)
    expect(isWhole([9, 8, 7], lookUpIn({ ...whole, 8: [1, 5, ...SHELL] }))).toBe(false)
    expect(isWhole([9, 8, 7], lookUpIn({ 9: whole[9]! }))).toBe(false)
  })
})
