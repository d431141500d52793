import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { FAILED_FILES_VARIABLE, listFailedFiles } from './streams/testing/fs-failed-files.ts'

const fromSource = { resolve: { conditions: ['source'] } }
/** Doors lead to the sources: in tests, and (__vitest__ is Vitest's name for where that runs) in the global set-up. */
const sourceConditions = { ...fromSource, ssr: fromSource, environments: { __vitest__: fromSource } }
const ignored = ['**/node_modules/**', '**/dist/**', '**/.feedloop/**']

/** Many times what the longest takes, on a machine at its limit: what hangs shall fail by its name, not in silence. */
const HANGS_MS = 15 * 60_000

/** The same of what takes hours. */
const NIGHT_HANGS_MS = 4 * 60 * 60_000

/** `expect.poll` waits for what comes when it comes: its own limit is a second. */
const expectations = { poll: { timeout: HANGS_MS - 60_000 } }

const services = {
  ...sourceConditions,
  test: {
    expect: expectations,
    // As unit: files share what they import, so none may change it (`vi.mock`).
    isolate: false,
    globalSetup: ['streams/testing/global-setup.ts'],
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
  },
}

/** What takes a minute or more begins first, or it would run alone at the end. Times are those of an idle machine. */
const LONGEST = [
  'tracking.peers',
  'external-programs',
  'python-feed',
  'operations',
  'secure',
  'stack',
  'broker-kill',
  'crash-loop',
  'models-commands',
  'fits-killed',
  'registry-down',
  'three-brokers',
  'kafka-silence',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((name) => moduleId.includes(`/${name}.`))
      return place === -1 ? LONGEST.length : place
    }
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => placeOf(a) - placeOf(b))
  }
}

/** What must have the machine for itself, with the reason. */
const ALONE = [
  // Stops a process at the end of a log that grows all the time, and reads the log to the end in between.
  'trainer/loop/faults/scenarios/out-of-range.services.test.ts',
  // Holds that no partition changes hands: a machine at its limit takes them from whoever waits for a core.
  'trainer/loop/faults/scenarios/redis-slow.services.test.ts',
  // Holds that all is caught up within a minute, of which one lost request may take half.
  'trainer/loop/faults/scenarios/partition.services.test.ts',
]

/** How many files of the services project run side by side: they wait most of their time. */
const LANES = 4

/**
 * unit: pure and in memory, no process started; tests with the tag `long` are left out of `npm run check`. services:
 * real Kafka, Redis, registry, ONNX Runtime and command line; the files run side by side, each under prefixes or on
 * services of its own, beside one shared stack from the global set-up. services-alone: the same, one after the other.
 * night: services again, on a secure stack and on Redis Cluster (.ci/night).
 * peers: other people's tools (Python, Debian packages). rehearsal: the demo in memory, for many seeds; by hand.
 */
export default defineConfig({
  test: {
    teardownTimeout: 60_000,
    reporters: ['default', listFailedFiles(process.env[FAILED_FILES_VARIABLE])],
    sequence: { sequencer: LongestFirst },
    tags: [{ name: 'long', description: 'Seconds of computing: in `npm test`, not in `npm run check`.' }],
    projects: [
      {
        ...sourceConditions,
        test: {
          name: 'unit',
          expect: expectations,
          // Files share a module registry: half of the time would go into importing the same modules again.
          isolate: false,
          setupFiles: ['schemas/testing/property-seed.ts'],
          include: ['**/*.test.ts'],
          exclude: [
            ...ignored,
            '**/*.services.test.ts',
            '**/*.night.test.ts',
            '**/*.peers.test.ts',
            '**/*.rehearsal.test.ts',
          ],
          testTimeout: 0,
          hookTimeout: 0,
          maxWorkers: 2,
        },
      },
      {
        ...services,
        test: {
          ...services.test,
          name: 'services',
          include: ['**/*.services.test.ts'],
          exclude: [...ignored, ...ALONE],
          maxWorkers: LANES,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...services,
        test: {
          ...services.test,
          name: 'services-alone',
          include: ALONE,
          exclude: ignored,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        ...services,
        test: {
          ...services.test,
          name: 'night',
          testTimeout: NIGHT_HANGS_MS,
          include: ['**/*.night.test.ts'],
          exclude: ignored,
          maxWorkers: 2,
        },
      },
      {
        ...sourceConditions,
        test: {
          name: 'rehearsal',
          include: ['**/*.rehearsal.test.ts'],
          exclude: ignored,
          testTimeout: 0,
          hookTimeout: 0,
        },
      },
      {
        ...sourceConditions,
        test: {
          name: 'peers',
          include: ['**/*.peers.test.ts'],
          exclude: ignored,
          testTimeout: HANGS_MS,
          hookTimeout: HANGS_MS,
          maxWorkers: 2,
        },
      },
    ],
  },
})
