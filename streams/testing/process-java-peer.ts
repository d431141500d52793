import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { archiveDir, ensureArchives } from '../stack/fs-archives.ts'
import type { Archive } from '../stack/archives.ts'
import { CACHE_DIR_DEFAULT } from '../stack/layout.ts'
import { findJava } from '../stack/process-java.ts'
import { progressLine } from '../stack/progress.ts'
import { CACHE_VARIABLE } from '../stack/stack-services.ts'

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

/** What the Java programs of the benchmarks need. */
const PEER_ARCHIVE: Archive = {
  name: 'java-peers-1',
  title: 'Kafka Streams 4.1.1 and what it is measured with',
  kind: 'dependencies',
  artifacts: [
    { groupId: 'org.apache.kafka', artifactId: 'kafka-streams', version: '4.1.1' },
    { groupId: 'org.apache.avro', artifactId: 'avro', version: '1.12.0' },
    { groupId: 'redis.clients', artifactId: 'jedis', version: '5.2.0' },
    { groupId: 'org.slf4j', artifactId: 'slf4j-nop', version: '1.7.36' },
  ],
  mainFile: 'kafka-streams-4.1.1.jar',
  executable: false,
}

/**
 * Runs one Java source file (the JDK compiles it as it starts), jars fetched through Maven on first use. It does not
 * outlive this process.
 */
export async function startJavaPeer(
  {
    file,
    heap,
    flags = [],
    archive = PEER_ARCHIVE,
  }: { file: string; heap: string; flags?: readonly string[]; archive?: Archive },
  argv: readonly string[],
  say: (line: string) => void,
): Promise<ChildProcess> {
  const { env } = process
  const cacheDir = env[CACHE_VARIABLE] || path.join(projectRoot, CACHE_DIR_DEFAULT)
  const java = await findJava(env)
  await ensureArchives([archive], {
    cacheDir,
    env,
    onProgress: (progress) => {
      if (progress.kind !== 'fetching' || progress.file === null) say(progressLine(progress))
    },
  })
  const classPath = path.join(archiveDir(cacheDir, archive), '*')
  const child = spawn(java, [`-Xmx${heap}`, ...flags, '-cp', classPath, file, ...argv], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  return child
}
