export {
  runtimeConformance,
  type RuntimeConformanceCase,
  type RuntimeHarness,
} from './runtime-conformance.ts'
export { METRICS_URL, startFeedloop } from './process-feedloop.ts'
export { JOINED_LINE, type NaiveCounterOptions, startNaiveCounter } from './process-naive-counter.ts'
export { type FeedloopProcess, startBuilt } from './process-node.ts'
export { type CommandLines, watchCommandLines } from './process-command-lines.ts'
export { debianVersion, unpackDebian } from './process-debian.ts'
export { openTestStack, type TestStack } from './process-test-stack.ts'
export { openSecureStack, type SecureStack } from './process-secure-stack.ts'
export { passwordOf, type SecureBrokers, startSecureBrokers } from './process-secure-brokers.ts'
export { admitToKafka, admitToRedis } from './feed-rights.ts'
export { STACK_USERS, type StackUser } from '../stack/secure-users.ts'
export { openOwnNetwork, ownNetworkUnavailable, type Loss, type OwnNetwork } from './process-own-network.ts'
export { type OwnBrokers, type OwnBrokersOptions, startOwnBrokers } from './process-own-brokers.ts'
export { type OwnRedis, type OwnRedisOptions, startOwnRedis } from './process-own-redis.ts'
export { type RedisCluster, type RedisClusterOptions, startRedisCluster } from './process-redis-cluster.ts'
export { type SentinelRedis, startSentinelRedis } from './process-redis-sentinel.ts'
export { type SecuredRedis, startSecuredRedis } from './process-secured-redis.ts'
export { openSmallDisk, type SmallDisk, smallDiskUnavailable } from './process-small-disk.ts'
export { type ProxyFault, startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
export { REDIS_COMMANDS } from '../doctor/redis-rights.ts'
export { until } from './until.ts'
export { STREAMS_SIGNALS } from '../signals.ts'
export { WHAT_AND_WHY } from './what-and-why.ts'
export { startJavaPeer } from './process-java-peer.ts'
export { measuredHere, writeResults } from './measured/process-measured.ts'
export {
  type ResultFile,
  resultFileSchema,
  resultFileText,
  type ResultTable,
} from './measured/result-file.ts'
export { tableText } from './measured/result-table.ts'
export { type Spread, spreadOf, spreadText } from './measured/spread.ts'
export { documentsOf } from './measured/fs-readmes.ts'
export { feedloopCommandsOf, typedCommand } from './measured/readme-facts.ts'
export {
  createTopologyTestDriver,
  type CrashMoment,
  type TopologyTestDriver,
} from './topology-test-driver.ts'
export { createLogLimit } from '../log-limit.ts'
export { createAuthority } from '../stack/process-keytool.ts'
