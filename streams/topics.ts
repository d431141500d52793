/** What `topics apply` needs to know of a topic; a TopicSpec of the catalogue is one. */
export interface WantedTopic {
  name: string
  partitions: number
  replicationFactor: number
  config: Readonly<Record<string, string>>
}

/** A topic as the broker has it. */
export interface FoundTopic {
  name: string
  partitions: number
  replicationFactor: number
  /** All settings in force. */
  config: Readonly<Record<string, string>>
  /** Those set on the topic itself, by us or by someone else. */
  ownConfig: Readonly<Record<string, string>>
}

export type TopicChange =
  | { kind: 'create'; topic: WantedTopic }
  | {
      kind: 'alter'
      topic: WantedTopic
      changed: Record<string, { from: string | undefined; to: string }>
      config: Record<string, string>
    }
  | { kind: 'keep'; topic: WantedTopic }
  | { kind: 'refuse'; topic: WantedTopic; why: string }

const STAMPED_BY = 'message.timestamp.type'
/** Since Kafka 3.6, and what it was called before; it bounds what producers stamp, either way. */
const AHEAD_MAX = ['message.timestamp.after.max.ms', 'message.timestamp.difference.max.ms'] as const
/** The brokers' way to say that nothing is refused. */
const NO_BOUND_MS = 2 ** 62

/** What it means that a topic keeps producers' timestamps; null: it does not. */
export function producerStamps(config: Readonly<Record<string, string>>): string | null {
  if (config[STAMPED_BY] !== 'CreateTime') return null
  const name = AHEAD_MAX.find((setting) => config[setting] !== undefined)
  const aheadMs = name === undefined ? Infinity : Number(config[name])
  const refused =
    name === undefined || aheadMs >= NO_BOUND_MS
      ? 'brokers take any time'
      : `brokers refuse what is ${Math.floor(aheadMs / 1_000)} s ahead (${name})`
  return `its records carry their producers' clocks (CreateTime), ${refused}; event time is bounded by the clock of whoever reads`
}

/** Why settings stayed as they were, and what follows. */
export function settingsRefused(
  altered: readonly Extract<TopicChange, { kind: 'alter' }>[],
  reason: string,
): string {
  const lines = altered.map(({ topic, changed }) => {
    const kept = Object.entries(changed).map(
      ([key, { from, to }]) => `${key} ${from ?? '(unset)'}, not ${to}`,
    )
    const stamps = producerStamps({ [STAMPED_BY]: changed[STAMPED_BY]?.from ?? '' })
    return `  ${topic.name} keeps ${kept.join(', ')}${stamps === null ? '' : `: ${stamps}`}`
  })
  return `The brokers refuse to alter topics (${reason}). Grant AlterConfigs on them, or ask who runs the brokers:\n${lines.join('\n')}`
}

/**
 * What has to be done to make the broker agree with the catalogue. Settings that someone else put on a topic stay.
 * The number of partitions is never changed: it decides which key lives where, and state is kept per partition.
 */
export function planTopics(
  wanted: readonly WantedTopic[],
  found: ReadonlyMap<string, FoundTopic>,
): TopicChange[] {
  return wanted.map((topic) => {
    const existing = found.get(topic.name)
    if (existing === undefined) return { kind: 'create', topic }
    if (existing.partitions !== topic.partitions) {
      const why =
        `${topic.name} has ${existing.partitions} partitions and the configuration says ${topic.partitions}. Keys would move ` +
        `and state is kept per partition: set kafka.partitions to ${existing.partitions}, or use another prefix.`
      return { kind: 'refuse', topic, why }
    }
    const changed: Record<string, { from: string | undefined; to: string }> = {}
    for (const [key, to] of Object.entries(topic.config)) {
      const from = existing.config[key]
      if (from !== to) changed[key] = { from, to }
    }
    if (Object.keys(changed).length === 0) return { kind: 'keep', topic }
    return { kind: 'alter', topic, changed, config: { ...existing.ownConfig, ...topic.config } }
  })
}
