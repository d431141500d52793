import { LOCAL_HOST } from './stack-services.ts'

/** What every local Redis is started with; the port comes on top. */
const SETTINGS = {
  bind: LOCAL_HOST,
  'protected-mode': 'yes',
  dir: '.',
  daemonize: 'no',
  databases: 16,
  save: '""',
  appendonly: 'yes',
  appendfsync: 'everysec',
  // States are small and change often. With the default of 64 MB, 74,000 interactions per second make Redis rewrite the
  // file every six seconds, for a second each time.
  'auto-aof-rewrite-min-size': '512mb',
  'maxmemory-policy': 'noeviction',
  loglevel: 'notice',
}

/**
 * redis.conf of a local Redis, run in its own folder: everything survives a restart (at most a second is lost to a
 * power cut), and a full memory refuses writes rather than dropping state. `more` overrides any of it.
 */
export function redisSettings(port: number, more: Readonly<Record<string, string | number>> = {}): string {
  return Object.entries({ ...SETTINGS, port, ...more })
    .map(([name, value]) => `${name} ${value}\n`)
    .join('')
}
