import type { Scenario } from './scenario.ts'
import { brokerDiskFull } from './scenarios/broker-disk-full.ts'
import { brokerKill } from './scenarios/broker-kill.ts'
import { consumerKill } from './scenarios/consumer-kill.ts'
import { crashLoop } from './scenarios/crash-loop.ts'
import { killAtStep } from './scenarios/kill-at-step.ts'
import { redisDiskFull } from './scenarios/redis-disk-full.ts'
import { redisFailover } from './scenarios/redis-failover.ts'
import { redisFlush } from './scenarios/redis-flush.ts'
import { redisKill } from './scenarios/redis-kill.ts'
import { redisMemoryFull } from './scenarios/redis-memory-full.ts'
import { redisSlow } from './scenarios/redis-slow.ts'
import { redisTruncatedAof } from './scenarios/redis-truncated-aof.ts'
import { registryDown } from './scenarios/registry-down.ts'
import { clockSkew } from './scenarios/clock-skew.ts'
import { poison } from './scenarios/poison.ts'
import { rebalanceStorm } from './scenarios/rebalance-storm.ts'
import { scorerKill } from './scenarios/scorer-kill.ts'
import { sigterm } from './scenarios/sigterm.ts'
import { zombie } from './scenarios/zombie.ts'
import { lostAcks } from './scenarios/lost-acks.ts'
import { outOfRange } from './scenarios/out-of-range.ts'
import { partition } from './scenarios/partition.ts'
import { slowNetwork } from './scenarios/slow-network.ts'
import { threeBrokers } from './scenarios/three-brokers.ts'

/** Every way in which things break that we have tried. One file each in `scenarios/`. */
export const SCENARIOS: readonly Scenario[] = [
  consumerKill,
  killAtStep,
  zombie,
  redisKill,
  redisFlush,
  redisTruncatedAof,
  redisFailover,
  redisSlow,
  redisDiskFull,
  redisMemoryFull,
  registryDown,
  crashLoop,
  rebalanceStorm,
  sigterm,
  poison,
  clockSkew,
  scorerKill,
  brokerKill,
  threeBrokers,
  lostAcks,
  partition,
  slowNetwork,
  brokerDiskFull,
  outOfRange,
]
