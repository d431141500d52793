import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import { importX } from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

// The rules of the house (README, "The house"). eslint.config.test.ts shows that each fails on a bad file.

/** Left to right: a part may import the doors of the parts before it. */
const PARTS = ['schemas', 'streams', 'feature-store', 'scorer', 'trainer']
/** A file that touches the outside says what it touches in its name. */
const IO_FILES = ['kafka', 'redis', 'onnx', 'fs', 'http', 'registry', 'process', 'terminal'].map(
  (name) => `**/${name}-*.ts`,
)
/** The composition root, the edge to the terminal and the tests may do both. */
const EDGE_FILES = [
  'cli.ts',
  '*.config.ts',
  '**/commands.ts',
  '**/*-commands.ts',
  '**/*.test.ts',
  '**/testing/**',
]

/** What proves and measures; it is not in the published package, so nothing that is may lean on it. */
const HARNESS = ['**/testing/**', '**/bench/**', 'trainer/loop/faults/**']
const HARNESS_FILES = [...HARNESS, '**/*.test.ts', '*.config.ts']
/** A closure longer than a screen is a class in disguise: its parts want names and files. */
const FUNCTION_LINES_MAX = 80
/** At most ten files, each with its reason. */
const LONG_FUNCTIONS = [
  // One measurement, told in the order in which it is made.
  'feature-store/bench/redis-memory.ts',
  // Fault scenarios: the story of one run from top to bottom, its judgement last.
  'trainer/loop/faults/scenarios/out-of-range.ts',
  'trainer/loop/faults/scenarios/registry-down.ts',
]

const CLIENTS = {
  regex:
    '^(kafkajs|ioredis|onnxruntime-node|fastify|@kafkajs/confluent-schema-registry|node:(fs|child_process|net|http|https|tls|worker_threads)(/.*)?)$',
  message:
    'Only an IO file (kafka-*, redis-*, onnx-*, fs-*, http-*, registry-*, process-*, terminal-*) may import a client.',
}
/** How a client reaches its service is said in one file each. */
const FACTORIES = [
  ['Kafka', 'streams/kafka/kafka-client.ts (createKafka, createPlainKafka)'],
  ['Redis', 'streams/redis-client.ts (createRedis)'],
  ['Cluster', 'streams/redis-client.ts'],
  ['SchemaRegistry', 'schemas/registry-client.ts'],
].map(([client, place]) => ({
  selector: `NewExpression[callee.name='${client}'], NewExpression[callee.property.name='${client}']`,
  message: `Only ${place} makes this client: addresses, TLS and logins are its matter.`,
}))
const FETCH = {
  name: 'fetch',
  message: 'Ask by requestRegistry (#schemas) or requestHttp (#streams).',
}
/** The factories, and programs that must be what somebody writes who has no feedloop. */
const FACTORY_FILES = [
  'streams/kafka/kafka-client.ts',
  'streams/redis-client.ts',
  'streams/http-client.ts',
  'schemas/registry-client.ts',
  'streams/testing/naive-counter-main.ts',
  'feature-store/bench/peers/process-handwritten.ts',
]
const LOG_TEXT = {
  selector:
    'CallExpression[callee.property.name=/^(debug|info|warn|error)$/][arguments.1.type!=/^(Member|Identifier|undefined)/][arguments.length=2][arguments.0.type!="Literal"]',
  message: 'A log line is an event of LOG_EVENTS (signals.ts of the part); its facts are fields.',
}
const NAMED_EXPORTS = {
  // The list of feature kinds is its own door: whoever adds a kind touches no other list.
  selector: 'ExportDefaultDeclaration, ExportAllDeclaration:not([source.value=/kinds/])',
  message: 'Named exports only, one by one.',
}

const OTHER_PARTS = {
  regex: `^(\\.\\./)+(${PARTS.join('|')})/`,
  message: 'Another part is entered by its door (#schemas, #streams, ...), not by a path.',
}

/** The whole-loop room: it may enter every part, and nothing but cli.ts enters it. */
const LOOP = {
  regex: '^(#trainer/loop|(\\./|(\\.\\./)+)loop/)',
  message: 'Nothing but cli.ts imports trainer/loop: it stands to the right of all parts.',
}
const LOOP_SELF = { regex: '^#trainer(/.*)?$', message: 'Inside the trainer, import by path.' }

/** Doors that stand to the right of a part, and its own. */
function closedDoors(part) {
  const right = PARTS.slice(PARTS.indexOf(part))
  const closed = part === 'trainer' ? ['scorer', 'scorer/testing', 'trainer'] : right
  const doors = part === 'trainer' ? closed.map((name) => `${name}$`) : closed.map((name) => `${name}(/.*)?$`)
  return { regex: `^#(${doors.join('|')})`, message: `Imports go left only: ${PARTS.join(' <- ')}.` }
}

const noImports = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] })
const OUTSIDE = [
  { object: 'Date', property: 'now', message: 'Take a clock as an argument.' },
  { object: 'performance', property: 'now', message: 'Take a clock as an argument.' },
  { object: 'Math', property: 'random', message: 'Take a seeded source as an argument.' },
  { object: 'process', property: 'env', message: 'Read the environment in an IO file or in cli.ts.' },
]

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      '.feedloop/',
      '**/*.mjs',
      '**/*.js',
      'feature-store/feedloop.config.template.ts',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true },
    settings: {
      'import-x/resolver-next': [
        createTypeScriptImportResolver({ conditionNames: ['source', 'import', 'node', 'default'] }),
      ],
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-console': 'error',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 300 }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
      'no-restricted-syntax': ['error', NAMED_EXPORTS, LOG_TEXT, ...FACTORIES],
      'no-restricted-globals': ['error', FETCH],
    },
  },
  {
    files: FACTORY_FILES,
    rules: { 'no-restricted-syntax': ['error', NAMED_EXPORTS, LOG_TEXT], 'no-restricted-globals': 'off' },
  },
  {
    files: ['**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**', ...LONG_FUNCTIONS],
    rules: { 'max-lines-per-function': ['error', { max: FUNCTION_LINES_MAX, skipBlankLines: false }] },
  },
  {
    files: ['**/*.ts'],
    ignores: [...IO_FILES, ...EDGE_FILES],
    rules: { 'no-restricted-properties': ['error', ...OUTSIDE] },
  },
  {
    files: ['**/*.ts'],
    ignores: [...IO_FILES, ...EDGE_FILES],
    rules: {
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'setImmediate', FETCH],
      'no-restricted-syntax': [
        'error',
        NAMED_EXPORTS,
        LOG_TEXT,
        ...FACTORIES,
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Take a clock as an argument.',
        },
      ],
    },
  },
  ...PARTS.flatMap((part) => [
    { files: [`${part}/**/*.ts`], rules: noImports(OTHER_PARTS, closedDoors(part), LOOP, CLIENTS) },
    {
      files: [...IO_FILES, ...EDGE_FILES]
        .filter((glob) => glob.startsWith('**'))
        .map((glob) => `${part}/${glob}`),
      rules: noImports(OTHER_PARTS, closedDoors(part), LOOP),
    },
  ]),
  { files: ['trainer/loop/**/*.ts'], rules: noImports(OTHER_PARTS, LOOP_SELF, CLIENTS) },
  {
    files: [...IO_FILES, ...EDGE_FILES]
      .filter((glob) => glob.startsWith('**'))
      .map((glob) => `trainer/loop/${glob}`),
    rules: noImports(OTHER_PARTS, LOOP_SELF),
  },
  {
    files: ['**/*.ts'],
    ignores: HARNESS_FILES,
    rules: {
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: HARNESS.map((glob) => ({
            target: './**/*',
            from: `./${glob}`,
            message: 'Production code leans on no harness (testing, bench, faults): it is not published.',
          })),
        },
      ],
    },
  },
  { files: ['*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
)
