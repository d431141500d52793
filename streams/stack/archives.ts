import { KAFKA_VERSION, REGISTRY_VERSION } from './stack-services.ts'

export interface MavenArtifact {
  groupId: string
  artifactId: string
  version: string
  type?: string
  classifier?: string
}

/** What a stack is made of, fetched by artifact name through Maven into one folder of the cache. */
export interface Archive {
  /** Folder name in the cache, version included. */
  name: string
  title: string
  /** dependencies: the artifacts and all they need, as jars. unpack: the content of the one artifact. */
  kind: 'dependencies' | 'unpack'
  artifacts: MavenArtifact[]
  /** unpack: only these files (Ant patterns). */
  includes?: string
  /** The file without which the folder is of no use. */
  mainFile: string
  executable: boolean
}

export const KAFKA_ARCHIVE: Archive = {
  name: `kafka-${KAFKA_VERSION}`,
  title: `Kafka ${KAFKA_VERSION}`,
  kind: 'dependencies',
  artifacts: [
    { groupId: 'org.apache.kafka', artifactId: 'kafka_2.13', version: KAFKA_VERSION },
    { groupId: 'org.slf4j', artifactId: 'slf4j-simple', version: '1.7.36' },
  ],
  mainFile: `kafka_2.13-${KAFKA_VERSION}.jar`,
  executable: false,
}

export const REGISTRY_ARCHIVE: Archive = {
  name: `apicurio-registry-${REGISTRY_VERSION}`,
  title: `Apicurio Registry ${REGISTRY_VERSION}`,
  kind: 'unpack',
  artifacts: [
    {
      groupId: 'io.apicurio',
      artifactId: 'apicurio-registry-app',
      version: REGISTRY_VERSION,
      type: 'tar.gz',
      classifier: 'all',
    },
  ],
  mainFile: `apicurio-registry-app-${REGISTRY_VERSION}-runner.jar`,
  executable: false,
}

const EMBEDDED_REDIS_VERSION = '1.4.3'
const REDIS_BINARIES: Record<string, string> = {
  'linux-x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux-arm64': 'redis-server-6.2.7-linux-arm64',
  'darwin-x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin-arm64': 'redis-server-6.2.6-v5-darwin-arm64',
}

/** Redis for a machine that has none, as `com.github.codemonstur:embedded-redis` carries it; undefined: not for this system. */
export function redisArchive(platform: string, arch: string): Archive | undefined {
  const binary = REDIS_BINARIES[`${platform}-${arch}`]
  if (binary === undefined) return undefined
  return {
    name: binary,
    title: 'Redis 6.2',
    kind: 'unpack',
    artifacts: [
      {
        groupId: 'com.github.codemonstur',
        artifactId: 'embedded-redis',
        version: EMBEDDED_REDIS_VERSION,
        type: 'jar',
      },
    ],
    includes: binary,
    mainFile: binary,
    executable: true,
  }
}
