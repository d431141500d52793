/** What the inspector's sampling profiler answers, as far as it is read here. */
export interface CpuProfile {
  nodes: {
    id: number
    callFrame: { functionName: string; url: string }
    children?: number[]
  }[]
  samples?: number[]
  timeDeltas?: number[]
}

export interface StageShare {
  stage: string
  /** Microseconds per interaction. */
  micros: number
}

/** First match wins. What has no file of its own (built-ins, Node itself) counts for whoever called it. */
const STAGES: readonly [stage: string, file: RegExp][] = [
  [
    'Kafka fetch: frames to records',
    /kafkajs\/src\/(protocol\/(recordBatch|messageSet|requests\/fetch)|consumer|network|utils|protocol\/decoder|broker)|streams\/kafka\/kafka-batch/,
  ],
  ['Kafka produce: re-keyed copies', /kafkajs|streams\/(kafka\/kafka-)?outputs/],
  ['Avro: bounds walk, decode, encode', /avsc|\/schemas\//],
  ['runner: verdicts, steps', /streams\/|stages\/record-steps/],
  ['fold: counters, windows, decay', /feature-store\/state\/(fold|decay|window)/],
  ['states to bytes and back', /feature-store\/state\//],
  ['stages: caches, bundles, slices', /feature-store\/(stages|lru)/],
  [
    'Redis client and fenced write',
    /ioredis|redis-parser|standard-as-callback|cluster-key-slot|feature-store\/redis-store|feature-store\/fence/,
  ],
]
export const GARBAGE = 'garbage collection'
export const OTHER_THREADS = "other threads: collecting, compiling, the profiler's own"
export const REST = 'the rest: Node, timers, loading code'
const IDLE = new Set(['(idle)', '(root)'])

/** Where the main thread's time went, idle time left out. avsc compiles its readers: those have no file, only a caller. */
export function stageShares(profile: CpuProfile, interactions: number): StageShare[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const stageOf = new Map<number, string | null>()
  const assign = (id: number, inherited: string): void => {
    const { callFrame, children = [] } = nodes.get(id)!
    const { functionName, url } = callFrame
    const own =
      url === '' || url.startsWith('node:') ? undefined : STAGES.find(([, file]) => file.test(url))?.[0]
    const stage = functionName === '(garbage collector)' ? GARBAGE : (own ?? inherited)
    stageOf.set(id, IDLE.has(functionName) ? null : stage)
    for (const child of children) assign(child, stage)
  }
  assign(profile.nodes[0]!.id, REST)
  const micros = new Map<string, number>()
  for (const [at, id] of (profile.samples ?? []).entries()) {
    const stage = stageOf.get(id)
    if (stage === null || stage === undefined) continue
    micros.set(stage, (micros.get(stage) ?? 0) + (profile.timeDeltas?.[at] ?? 0))
  }
  return [...micros]
    .map(([stage, total]) => ({ stage, micros: total / interactions }))
    .sort((a, b) => b.micros - a.micros)
}

/**
 * CPU time by stage, other threads last. Samples are taken by the clock: while the main thread waits for a core they go
 * on. So they only divide what it really had, which is what the process had less its other threads.
 */
export function cpuShares(
  profile: CpuProfile,
  { cpuMicros, otherThreadsMicros }: { cpuMicros: number; otherThreadsMicros: number | null },
  interactions: number,
): StageShare[] {
  const sampled = stageShares(profile, interactions)
  const sum = sampled.reduce((total, { micros }) => total + micros, 0)
  const others = otherThreadsMicros ?? 0
  const scale = (cpuMicros - others) / interactions / sum
  const shares = sampled.map(({ stage, micros }) => ({ stage, micros: micros * scale }))
  return otherThreadsMicros === null
    ? shares
    : [...shares, { stage: OTHER_THREADS, micros: others / interactions }]
}
