import { once } from 'node:events'
import { Command, InvalidArgumentError } from 'commander'
import type { Addresses } from '#streams'
import {
  openSecureStack,
  openTestStack,
  type ResultFile,
  spreadOf,
  tableText,
  writeResults,
} from '#streams/testing'
import { securePrices, standingsOf } from './bench-report.ts'
import {
  contestTable,
  freshnessTable,
  type LoadRow,
  memoryTable,
  processesTable,
  profileTable,
  secureTable,
  usersTable,
} from './bench-tables.ts'
import { CONTESTANTS, FEEDLOOP } from './contestants.ts'
import { type Plan, playBoth, playRounds, profileFeedloop } from './process-features-bench.ts'
import { LINGER_MS, measureFreshness } from './process-freshness.ts'
import { measureScaling } from './process-scaling.ts'
import { measureMemory } from './redis-memory.ts'
import { type Workload, WORKLOAD } from './workload.ts'

/** Of the maximum: interactions per second from a full topic, as the contest reports them. */
const LOAD_PERCENTS = [25, 50, 75, 90]
const USER_COUNTS = [10_000, 100_000, 1_000_000]
const PROCESS_COUNTS = [1, 2, 4, 8]
/** Exit code after SIGINT, as shells have it. */
const INTERRUPTED = 130

/** Of the contestants, by their names. */
const titles = new Map(CONTESTANTS.map(({ name, title }) => [name, title]))

const positive = (text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new InvalidArgumentError('must be a positive whole number.')
}
/** The first value takes the place of the default, the others join it. */
const positives = (text: string, before: readonly number[]): number[] => [
  ...(before === LOAD_PERCENTS ? [] : before),
  positive(text),
]

/** `name=value`, as kafka-configs takes it. */
const setting = (text: string, before: Readonly<Record<string, string>>): Record<string, string> => {
  const [, name, value] = /^([a-z.]+)=(.+)$/.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('must be name=value, as in segment.bytes=33554432.')
  return { ...before, [name]: value }
}

const program = new Command('bench')
  .description('measure feedloop beside what else does the job')
  .addHelpText(
    'after',
    '\nLearners: npm run bench -- train --help\nThe scorer: npm run bench -- score --help',
  )
/** So that the stretch in which all eight are busy lasts for ten seconds and more. */
const SCALING_INTERACTIONS = 16_000_000
const benchmark = (name: string, description: string, interactions = WORKLOAD.interactions) =>
  program
    .command(name)
    .description(description)
    .option('--json <file>', 'write all numbers there')
    .option('--interactions <n>', 'length of the workload', positive, interactions)

benchmark('features', 'from the beginning of a topic to user and item features in Redis, beside its peers')
  .option('--rounds <n>', 'how often each contestant runs; rounds are compared with themselves', positive, 3)
  .option('--only <names...>', `of ${CONTESTANTS.map(({ name }) => name).join(', ')}`)
  .option('--secure', 'the contest alone, on a plain and on a secure stack in turn: what TLS and logins cost')
  .option('--no-freshness', 'leave out how long interactions take to be visible under load')
  .option('--no-profile', 'leave out where the time goes')
  .action(onStack(features))
program
  .command('freshness')
  .description('how long interactions take to be visible under an open load')
  .option('--json <file>', 'write all numbers there')
  .option('--rounds <n>', 'how often the maximum and every load are measured', positive, 3)
  .option('--loads <percents...>', 'of the maximum', positives, LOAD_PERCENTS)
  .option('--linger-ms <n>', 'how long the load generator lets a batch fill', positive, LINGER_MS)
  .option(
    '--topic-config <name=value...>',
    "of the topics, instead of the broker's, like segment.bytes=33554432",
    setting,
    {},
  )
  .action(onStack(freshness))
benchmark('users', `the cost of an event with ${USER_COUNTS.join(', ')} users drawn alike`)
  .option('--rounds <n>', 'how often', positive, 3)
  .action(onStack(users))
benchmark(
  'processes',
  `the cost of an event when ${PROCESS_COUNTS.join(', ')} processes share a group`,
  SCALING_INTERACTIONS,
)
  .option('--rounds <n>', 'how often; rounds are compared with themselves', positive, 3)
  .option(
    '--apart',
    'then as many processes that share nothing: what they take from one another by being there',
  )
  .action(onStack(processes))
program
  .command('memory')
  .description("what users and items of the demo's feature set take in Redis")
  .option('--json <file>', 'write all numbers there')
  .option('--users <n>', 'how many', positive, 1_000_000)
  .option('--items <n>', 'how many', positive, 100_000)
  .option('--mean-interactions <n>', 'per user and per item', positive, 10)
  .action(onStack(memory))
await program.parseAsync()

interface Options {
  json?: string
  interactions: number
  rounds: number
  only?: string[]
  apart?: boolean
  secure?: boolean
  freshness: boolean
  profile: boolean
}
interface FreshnessOptions {
  json?: string
  rounds: number
  loads: number[]
  lingerMs: number
  topicConfig: Record<string, string>
}

type Results = Omit<ResultFile, 'measured'>

/** Runs on services of its own, gone afterwards, when interrupted as well; writes what is answered to --json. */
function onStack<T extends { json?: string }>(run: (addresses: Addresses, options: T) => Promise<Results>) {
  return async (options: T): Promise<void> => {
    const interrupted = new AbortController()
    process.once('SIGINT', () => interrupted.abort())
    const stack = await openTestStack(interrupted.signal, say, { measured: true })
    const interruption = once(interrupted.signal, 'abort').then(() => null)
    try {
      const measured = await Promise.race([run(stack.addresses, options), interruption])
      if (measured !== null && options.json !== undefined) writeResults(options.json, 'bench', measured)
    } finally {
      await stack.close()
    }
    if (interrupted.signal.aborted) process.exit(INTERRUPTED) // what was being measured does not know that it is over
  }
}

async function features(addresses: Addresses, options: Options): Promise<Results> {
  const { interactions, rounds, only, secure } = options
  const workload = { ...WORKLOAD, interactions }
  const contestants = CONTESTANTS.filter(({ name }) => only?.includes(name) ?? true)
  if (secure) return onBoth(addresses, workload, { rounds, contestants })
  const played = await playRounds(addresses, workload, { rounds, contestants }, say)
  const standings = standingsOf(played.rounds)
  const contest = contestTable(standings, titles)
  print(tableText(contest))
  print(
    `${String(interactions)} interactions of ${played.meanBytes.toFixed(0)} bytes, median (min-max) of ${String(rounds)} rounds`,
  )
  if (standings.some(({ wrong }) => wrong !== null && wrong > 0)) process.exitCode = 1
  const own = standings.find(({ contestant }) => contestant === FEEDLOOP.name)
  const plan = { percents: LOAD_PERCENTS, rounds, lingerMs: LINGER_MS, topicConfig: {} }
  const loads =
    options.freshness && own !== undefined
      ? await measureLoads(addresses, spreadOf(own.eventsPerSecond).median, plan)
      : null
  const profiled = options.profile ? await profileFeedloop(addresses, workload, say) : null
  const profile = profiled === null ? null : profileTable(profiled.shares)
  if (profiled !== null && profile !== null) {
    const { p50, p99, max } = profiled.loopLagMs
    print(`\n${tableText(profile)}\nstart and profiler included`)
    print(`event loop late by ${p50.toFixed(1)} ms (p50), ${p99.toFixed(1)} (p99), ${max.toFixed(1)} (most)`)
  }
  return {
    tables: { contest, ...(loads?.tables ?? {}), ...(profile === null ? {} : { profile }) },
    details: { workload, ...played, freshness: loads?.details, profile: profiled },
  }
}

async function onBoth(plain: Addresses, workload: Workload, plan: Plan): Promise<Results> {
  const stack = await openSecureStack('bench', { measured: true })
  try {
    // As its administrator: what a right costs is not asked, and Kafka Streams makes topics and groups of its own.
    const secure = await stack.as('admin')
    const played = await playBoth({ plain, secure }, workload, plan, say)
    const prices = securePrices(played)
    const table = secureTable(prices, titles)
    print(tableText(table))
    const wrong = prices.flatMap((price) => [price.plain.wrong ?? 0, price.secure.wrong ?? 0])
    if (wrong.some((count) => count > 0)) process.exitCode = 1
    return { tables: { secure: table }, details: { workload, rounds: played } }
  } finally {
    await stack.close()
  }
}

async function freshness(
  addresses: Addresses,
  { rounds, loads, lingerMs, topicConfig }: FreshnessOptions,
): Promise<Results> {
  const played = await playRounds(addresses, WORKLOAD, { rounds, contestants: [FEEDLOOP] }, say)
  const maximum = spreadOf(standingsOf(played.rounds)[0]!.eventsPerSecond).median
  const plan = { percents: loads, rounds, lingerMs, topicConfig }
  const { tables, details } = await measureLoads(addresses, maximum, plan)
  return { tables, details: { ...played, lingerMs, topicConfig, ...details } }
}

async function measureLoads(
  addresses: Addresses,
  maximum: number,
  plan: { percents: readonly number[]; rounds: number } & Pick<FreshnessOptions, 'lingerMs' | 'topicConfig'>,
) {
  const { percents, rounds, lingerMs, topicConfig } = plan
  const loads: LoadRow[] = percents.map((percent) => ({
    share: percent / 100,
    perSecond: Math.round((maximum * percent) / 100),
    runs: [],
  }))
  for (let round = 0; round < rounds; round++)
    for (const { perSecond, runs } of loads) {
      runs.push(
        await measureFreshness(addresses, { workload: WORKLOAD, lingerMs, topicConfig }, perSecond, say),
      )
      say(JSON.stringify(runs.at(-1)))
    }
  const table = freshnessTable(loads)
  print(`\nmaximum, from a full topic: ${maximum.toFixed(0)} interactions per second`)
  print(tableText(table))
  print(`ms, median (min-max) of ${String(rounds)} runs of each load`)
  return { tables: { freshness: table }, details: { maximum, loads } }
}

async function users(addresses: Addresses, { interactions, rounds }: Options): Promise<Results> {
  const measured = []
  for (const count of USER_COUNTS) {
    const workload = { ...WORKLOAD, interactions, users: count, userExponent: 0 }
    const played = await playRounds(addresses, workload, { rounds, contestants: [FEEDLOOP] }, say)
    measured.push({ users: count, ...standingsOf(played.rounds)[0]! })
  }
  const table = usersTable(measured)
  print(tableText(table))
  return { tables: { users: table }, details: { measured } }
}

async function processes(addresses: Addresses, { interactions, rounds, apart }: Options): Promise<Results> {
  const workload = { ...WORKLOAD, interactions, partitions: Math.max(...PROCESS_COUNTS) }
  const plan = { counts: PROCESS_COUNTS, rounds, apart: apart ?? false }
  const runs = await measureScaling(addresses, workload, plan, say)
  const table = processesTable(runs)
  print(tableText(table))
  if (runs.some(({ wrong }) => wrong > 0)) process.exitCode = 1
  return { tables: { processes: table }, details: { workload, runs } }
}

async function memory(
  { redis }: Addresses,
  options: { json?: string; users: number; items: number; meanInteractions: number },
): Promise<Results> {
  const use = await measureMemory(redis, options)
  const table = memoryTable(use)
  print(tableText(table))
  return { tables: { memory: table }, details: use }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
