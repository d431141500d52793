import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * A module of kafkajs as it ships, loaded anew: whatever else ran in this process may have changed the shared one.
 *
 * @param path below kafkajs/src
 */
export function freshKafkajs(path: string): unknown {
  const file = require.resolve(`kafkajs/src/${path}`)
  const shared = require.cache[file]
  delete require.cache[file]
  try {
    return require(file)
  } finally {
    if (shared === undefined) delete require.cache[file]
    else require.cache[file] = shared
  }
}
