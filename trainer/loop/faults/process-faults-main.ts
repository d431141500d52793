/** `npm run test:faults`: the scenarios in their long form on a stack of their own, a table, and JSON. */
import { Command, CommanderError, Option } from 'commander'
import { table } from '#streams'
import { openTestStack, writeResults } from '#streams/testing'
import { faultTable, faultText, isGood, type ScenarioOutcome } from './fault-text.ts'
import { STACK_KINDS, type StackKind } from './lab-stack.ts'
import { openLabStack } from './open-lab-stack.ts'
import { type LabParts, runScenario } from './run-scenario.ts'
import type { Scenario, ScenarioSize } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

interface Options {
  json?: string
  short?: true
  list?: true
  on: StackKind
  seed: string
}

const say = (line: string) => void process.stderr.write(`${line}\n`)

async function runFaults(names: readonly string[], options: Options): Promise<number> {
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name))
  const seed = Number(options.seed)
  if (unknown.length > 0 || !Number.isSafeInteger(seed)) {
    say(
      unknown.length > 0
        ? `no such scenario: ${unknown.join(', ')} (see --list)`
        : 'a seed is a whole number',
    )
    return 2
  }
  const chosen = SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name))
  const elsewhere = chosen.filter((scenario) => !runsOn(options.on, scenario))
  if (names.length > 0 && elsewhere.length > 0) {
    say(`not on ${options.on}: ${elsewhere.map(({ name }) => name).join(', ')} (see --list)`)
    return 2
  }
  const wanted = chosen.filter((scenario) => runsOn(options.on, scenario))
  if (options.list === true) {
    const rows = await Promise.all(
      wanted.map(async ({ name, title, on = PLAIN_ALONE, unavailable }) => [
        name,
        on.join(', '),
        (await unavailable?.()) ?? 'runs here',
        title,
      ]),
    )
    process.stdout.write(`${table(['scenario', 'on', 'here', 'what'], rows)}\n`)
    return 0
  }
  const interrupted = new AbortController()
  const interrupt = () => {
    interrupted.abort()
    process.once('SIGINT', () => process.exit(130))
  }
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const stack = await openLabStack(options.on, () => openTestStack(interrupted.signal, say))
  const outcomes: ScenarioOutcome[] = []
  try {
    for (const scenario of wanted) {
      if (interrupted.signal.aborted) break
      const parts = {
        stack,
        seed,
        say: (line: string) => say(`${scenario.name}: ${line}`),
      }
      const outcome = await outcomeOf(scenario, options.short === true ? 'short' : 'long', parts)
      const name = options.on === 'plain' ? scenario.name : `${scenario.name} on ${options.on}`
      outcomes.push({ ...outcome, name })
    }
  } finally {
    await stack.close()
  }
  if (options.json !== undefined)
    writeResults(options.json, 'test:faults', {
      tables: { faults: faultTable(outcomes) },
      details: { seed, outcomes },
    })
  process.stdout.write(`${faultText(outcomes)}\n`)
  const failed = outcomes.some((outcome) => outcome.kind !== 'unavailable' && !isGood(outcome))
  return failed || interrupted.signal.aborted ? 1 : 0
}

const PLAIN_ALONE: readonly StackKind[] = ['plain']
const runsOn = (kind: StackKind, { on = PLAIN_ALONE }: Scenario): boolean => on.includes(kind)

async function outcomeOf(scenario: Scenario, size: ScenarioSize, parts: LabParts): Promise<ScenarioOutcome> {
  const { name, title } = scenario
  const startMs = performance.now()
  const common = () => ({ name, title, size, seconds: (performance.now() - startMs) / 1_000 })
  const why = (await scenario.unavailable?.()) ?? null
  if (why !== null) return { ...common(), kind: 'unavailable', why }
  parts.say(title)
  try {
    const report = await runScenario(scenario, size, parts)
    return { ...common(), kind: 'ran', report }
  } catch (error) {
    return {
      ...common(),
      kind: 'failed',
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }
  }
}

const EXIT_GRACE_MS = 5_000

const program = new Command('npm run test:faults --')
  .description('break things on purpose and count what came of it')
  .argument('[names...]', 'scenarios; all when none is given')
  .option('--json <file>', 'write everything that was measured')
  .option('--short', 'the short form, as in npm test')
  .option('--list', 'name the scenarios, and which can run here')
  .addOption(new Option('--on <stack>', 'where they run').choices(STACK_KINDS).default('plain'))
  .option('--seed <number>', 'of traffic and of the moments at which things break', '1')
  .exitOverride()
  .action(async (names: string[], options: Options) => {
    process.exitCode = await runFaults(names, options)
  })
try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
}
// A client whose broker was killed may hold a timer for ever. Everything is closed by now, so there is nothing to wait for.
setTimeout(() => process.exit(), EXIT_GRACE_MS).unref()
