import { LOCAL_HOST } from './stack-services.ts'

/**
 * redis.conf of a local Redis, run in its own folder: everything survives a restart (at most a second is lost to a
 * power cut), and a full memory refuses writes rather than dropping state.
 */
export function redisSettings(port: number): string {
  return `bind ${LOCAL_HOST}
protected-mode yes
port ${port}
dir .
daemonize no
databases 16
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
loglevel notice
`
}
