import { defineConfig } from 'vitest/config'

const fromSource = { resolve: { conditions: ['source'] } }
/** Doors lead to the sources: in tests, and (__vitest__ is Vitest's name for where that runs) in the global set-up. */
const sourceConditions = { ...fromSource, ssr: fromSource, environments: { __vitest__: fromSource } }
const ignored = ['**/node_modules/**', '**/dist/**', '**/.feedloop/**']

/**
 * unit: pure and in memory, no process started. services: real Kafka, Redis, registry, ONNX Runtime and
 * command line, started once by the global set-up. peers: other people's tools (Python, Debian packages).
 * rehearsal: the demo in memory, for many seeds; by hand.
 */
export default defineConfig({
  test: {
    teardownTimeout: 60_000,
    projects: [
      {
        ...sourceConditions,
        test: {
          name: 'unit',
          // Files share a module registry: half of the time would go into importing the same modules again.
          isolate: false,
          include: ['**/*.test.ts'],
          exclude: [...ignored, '**/*.services.test.ts', '**/*.peers.test.ts', '**/*.rehearsal.test.ts'],
          testTimeout: 0,
          hookTimeout: 0,
        },
      },
      {
        ...sourceConditions,
        test: {
          name: 'services',
          include: ['**/*.services.test.ts'],
          exclude: ignored,
          globalSetup: ['streams/testing/global-setup.ts'],
          testTimeout: 0,
          hookTimeout: 0,
          fileParallelism: false,
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
          testTimeout: 0,
          hookTimeout: 0,
        },
      },
    ],
  },
})
