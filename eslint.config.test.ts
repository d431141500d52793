import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'

/** Lints a text as if it stood at `filePath`; untyped, since the file does not exist. */
async function rulesBroken(filePath: string, code: string): Promise<string[]> {
  const eslint = new ESLint({
    overrideConfig: {
      languageOptions: { parserOptions: { project: null } },
      rules: {
        '@typescript-eslint/no-floating-promises': 'off',
        '@typescript-eslint/no-misused-promises': 'off',
        '@typescript-eslint/switch-exhaustiveness-check': 'off',
      },
    },
  })
  const [result] = await eslint.lintText(code, { filePath })
  return (result?.messages ?? []).map((message) => message.ruleId ?? message.message)
}

/** A function of so many lines, a closure in another one. */
function longFunction(lines: number): string {
  return `export const open = (x: number) => () => {\n${'  x += 1\n'.repeat(lines - 3)}  return x\n}\n`
}

const bad: [rule: string, where: string, code: string][] = [
  ['no-restricted-imports', 'streams/rate.ts', "import { Kafka } from 'kafkajs'\nexport const k = Kafka\n"],
  [
    'no-restricted-imports',
    'scorer/rate.ts',
    "import { readFileSync } from 'node:fs'\nexport const r = readFileSync\n",
  ],
  ['no-restricted-imports', 'streams/rate.ts', "import { x } from '#feature-store'\nexport const y = x\n"],
  ['no-restricted-imports', 'streams/kafka-rate.ts', "import { x } from '#trainer'\nexport const y = x\n"],
  ['no-restricted-imports', 'streams/rate.ts', "import { x } from '#streams'\nexport const y = x\n"],
  ['no-restricted-imports', 'trainer/rate.ts', "import { x } from '#scorer'\nexport const y = x\n"],
  [
    'no-restricted-imports',
    'scorer/rate.ts',
    "import { x } from '../streams/stage.ts'\nexport const y = x\n",
  ],
  [
    'no-restricted-imports',
    'trainer/drift/rate.ts',
    "import { x } from '../../streams/stage.ts'\nexport const y = x\n",
  ],
  [
    'no-restricted-imports',
    'trainer/drift/rate.ts',
    "import { x } from '../loop/feed.ts'\nexport const y = x\n",
  ],
  ['no-restricted-imports', 'trainer/rate.ts', "import { x } from './loop/feed.ts'\nexport const y = x\n"],
  ['no-restricted-imports', 'scorer/rate.ts', "import { x } from '#trainer/loop'\nexport const y = x\n"],
  [
    'import-x/no-restricted-paths',
    'scorer/rate.ts',
    "import { x } from '#streams/testing'\nexport const y = x\n",
  ],
  [
    'import-x/no-restricted-paths',
    'scorer/rate.ts',
    "import { x } from '#streams/testing/services'\nexport const y = x\n",
  ],
  [
    'import-x/no-restricted-paths',
    'streams/kafka-rate.ts',
    "import { x } from './testing/index.ts'\nexport const y = x\n",
  ],
  [
    'import-x/no-restricted-paths',
    'trainer/commands.ts',
    "import type { x } from './testing/index.ts'\nexport type y = x\n",
  ],
  ['import-x/no-restricted-paths', 'feature-store/rate.ts', "export { x } from './bench/contest.ts'\n"],
  [
    'import-x/no-restricted-paths',
    'trainer/loop/rate.ts',
    "export const x = () => import('./faults/scenario.ts')\n",
  ],
  ['import-x/no-restricted-paths', 'cli.ts', "import { x } from '#trainer/testing'\nexport const y = x\n"],
  ['no-restricted-properties', 'streams/rate.ts', 'export const t = Date.now()\n'],
  ['no-restricted-properties', 'trainer/rate.ts', 'export const t = Math.random()\n'],
  ['no-restricted-properties', 'scorer/rate.ts', 'export const t = process.env\n'],
  ['no-restricted-globals', 'scorer/rate.ts', 'export const wait = () => setTimeout(() => undefined, 1)\n'],
  ['no-restricted-syntax', 'scorer/rate.ts', 'export const now = new Date()\n'],
  ['no-restricted-syntax', 'scorer/rate.ts', 'export default 1\n'],
  ['no-restricted-syntax', 'scorer/index.ts', "export * from './rate.ts'\n"],
  ...['Kafka', 'Redis', 'Cluster', 'SchemaRegistry'].flatMap((client) =>
    [
      'scorer/rate.ts',
      'streams/kafka/kafka-rate.ts',
      'streams/doctor/redis-rate.ts',
      'feature-store/redis-rate.ts',
      'trainer/loop/faults/rate.test.ts',
    ].map((where): [string, string, string] => [
      'no-restricted-syntax',
      where,
      `export const client = new ${client}({})\n`,
    ]),
  ),
  ['no-restricted-syntax', 'scorer/rate.test.ts', 'export const client = new kafkajs.Kafka({})\n'],
  ['no-restricted-globals', 'scorer/http-rate.ts', "export const asked = () => fetch('http://x')\n"],
  ['no-restricted-globals', 'scorer/rate.test.ts', "export const asked = () => fetch('http://x')\n"],
  ['no-restricted-syntax', 'scorer/rate.ts', "log.warn({ stage }, 'it went wrong')\n"],
  ['no-restricted-syntax', 'cli.ts', 'createLogger({}).info({ stage }, `went ${wrong}`)\n'],
  ['@typescript-eslint/no-explicit-any', 'scorer/rate.ts', 'export const x = (y: any) => y\n'],
  ['no-empty', 'scorer/rate.ts', 'try { parseInt("1") } catch {}\n'],
  ['no-console', 'scorer/rate.ts', "console.log('x')\n"],
  ['max-lines', 'scorer/rate.ts', 'export const x = 1\n' + '\n'.repeat(301)],
  ['max-lines-per-function', 'scorer/rate.ts', longFunction(81)],
  ['max-lines-per-function', 'streams/kafka-rate.ts', longFunction(81)],
  ['no-warning-comments', 'scorer/rate.ts', '// to' + 'do: later\nexport const x = 1\n'],
]

const good: [where: string, code: string][] = [
  ['streams/kafka-rate.ts', "import { Kafka } from 'kafkajs'\nexport const k = [Kafka, Date.now()]\n"],
  ['scorer/rate.ts', 'log.warn({ stage }, LOG_EVENTS.rateChanged)\n'],
  ['streams/kafka/kafka-client.ts', 'export const client = new Kafka({})\n'],
  ['streams/redis-client.ts', 'export const client = [new Redis(1), new Cluster([])]\n'],
  ['streams/http-client.ts', "export const asked = () => fetch('http://x')\n"],
  ['schemas/registry-client.ts', "export const asked = () => [fetch('http://x'), new SchemaRegistry({})]\n"],
  ['scorer/rate.ts', "import { x } from '#feature-store'\nexport const y = x\n"],
  ['trainer/loop/rate.ts', "import { x } from '#scorer'\nexport const y = x\n"],
  ['cli.ts', "import { x } from '#trainer/loop'\nexport const y = x\n"],
  ['trainer/rate.ts', "import { x } from '#scorer/model'\nexport const y = x\n"],
  ['scorer/rate.test.ts', "import { x } from '#streams/testing'\nexport const y = x\n"],
  ['feature-store/bench/rate.ts', "import { x } from '#streams/testing'\nexport const y = x\n"],
  ['trainer/loop/faults/rate.ts', "import { x } from '#streams/testing'\nexport const y = x\n"],
  ['scorer/testing/rate.ts', "import { x } from './fake-features.ts'\nexport const y = x\n"],
  ['scorer/rate.ts', longFunction(80)],
  ['scorer/rate.test.ts', longFunction(81)],
  ['scorer/testing/rate-conformance.ts', longFunction(81)],
  ['scorer/rate.test.ts', 'export const now = Date.now()\n'],
]

describe('the rules of the house', () => {
  it.each(bad)('%s fails on a bad %s', async (rule, where, code) => {
    expect(await rulesBroken(where, code)).toContain(rule)
  })
  it.each(good)('%s may do what its name says', async (where, code) => {
    expect(await rulesBroken(where, code)).toEqual([])
  })
})
