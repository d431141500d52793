import path from 'node:path'
import type { Environment } from './addresses.ts'
import { CACHE_VARIABLE, type ServiceName } from './stack-services.ts'

/** Beside the project, ignored by git. */
export const STACK_DIR_DEFAULT = '.feedloop/stack'
/** What the containers of docker-compose.kafka.yml's profile `secure` are given. */
export const CONTAINERS_DIR_DEFAULT = '.feedloop/containers'
export const CACHE_DIR_DEFAULT = '.feedloop/archives'

/** Where a stack keeps its things: `<dir>/{kafka,redis,registry}`, `<dir>/logs/<service>.log`, `<dir>/state.json`. */
export const serviceDir = (dir: string, service: ServiceName): string => path.join(dir, service)
/** What a stack that asks who you are keeps besides: `secure/{certificates,secrets,kafka,redis,registry}`. */
export const secureDirOf = (dir: string): string => path.join(dir, 'secure')
export const logFileOf = (dir: string, service: ServiceName): string =>
  path.join(dir, 'logs', `${service}.log`)
export const lockFileOf = (dir: string): string => path.join(dir, 'lock')

/** The cache is the option, else FEEDLOOP_CACHE_DIR, else the usual folder of the working directory. */
export function cacheDirOf(asked: string | undefined, env: Environment, workingDir: string): string {
  return path.resolve(workingDir, asked ?? (env[CACHE_VARIABLE] || CACHE_DIR_DEFAULT))
}
