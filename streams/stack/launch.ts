import { LOCAL_HOST } from './stack-services.ts'

/** A command line, as it will be run in the folder of its service. */
export interface Launch {
  command: string
  args: string[]
}

/** A quick start matters more here than peak speed. */
const QUICK_START = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData']
/**
 * For benchmarks: all code is compiled as far as it goes, and an object is old once it has survived one collection. In a
 * broker that has run for days, long-lived objects are old already. A fresh one copies them at each of fifteen
 * collections, and everything stands still meanwhile.
 */
const MEASURED = ['-XX:-UsePerfData', '-XX:MaxTenuringThreshold=1']
const MEASURED_HEAP_MIB = 1_024

/** Makes the broker's data folder, once. Relative to the folder that holds server.properties. */
export function brokerFormatLaunch(java: string, archiveDir: string, clusterId: string): Launch {
  return {
    command: java,
    args: [
      '-Xmx128m',
      ...QUICK_START,
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-cp',
      `${archiveDir}/*`,
      'kafka.tools.StorageTool',
      'format',
      '--ignore-formatted',
      '-t',
      clusterId,
      '-c',
      'server.properties',
    ],
  }
}

export function brokerLaunch(java: string, archiveDir: string, heapMib = 512): Launch {
  return brokerWith(QUICK_START, java, archiveDir, heapMib)
}

export function measuredBrokerLaunch(java: string, archiveDir: string): Launch {
  return brokerWith(MEASURED, java, archiveDir, MEASURED_HEAP_MIB)
}

function brokerWith(flags: readonly string[], java: string, archiveDir: string, heapMib: number): Launch {
  return {
    command: java,
    args: [
      `-Xms${heapMib / 2}m`,
      `-Xmx${heapMib}m`,
      ...flags,
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss,SSS',
      '-cp',
      `${archiveDir}/*`,
      'kafka.Kafka',
      'server.properties',
    ],
  }
}

/** Sent with every answer of our registry, so that another one on the same port is not taken for it. */
export const STACK_HEADER = 'x-feedloop-stack'

export interface RegistryLaunchOptions {
  port: number
  brokers: string
  stackId: string
}

/** Apicurio keeps its schemas in Kafka, so they live as long as the records that need them. */
export function registryLaunch(
  java: string,
  archiveDir: string,
  mainFile: string,
  { port, brokers, stackId }: RegistryLaunchOptions,
): Launch {
  return {
    command: java,
    args: [
      '-Xmx256m',
      ...QUICK_START,
      `-Dquarkus.http.host=${LOCAL_HOST}`,
      `-Dquarkus.http.port=${port}`,
      `-Dquarkus.http.header."${STACK_HEADER}".value=${stackId}`,
      '-Dapicurio.storage.kind=kafkasql',
      `-Dapicurio.kafkasql.bootstrap.servers=${brokers}`,
      // At its start it waits this long for a snapshot that is not there (5 s by default). Without one it reads the
      // whole journal, which is kept for ever (broker-properties.ts).
      '-Dapicurio.kafkasql.consumer.poll.timeout=250',
      '-jar',
      `${archiveDir}/${mainFile}`,
    ],
  }
}

export function redisLaunch(command: string): Launch {
  return { command, args: ['redis.conf'] }
}
