import { OperatorError } from './errors.ts'

/** What is done with a state whose topic is not the one that it was made from. */
export type WhenTopicChanged = 'refuse' | 'keep' | 'rebuild'

/** Offsets mean something in one log only: a topic that was deleted and made anew is another one. */
export interface TopicIdentity {
  /** The broker's id of the topic and its number of partitions. */
  text: string
  /** As the configuration says: kafka.whenTopicChanged. */
  whenChanged: WhenTopicChanged
}

/** @param state what speaks of the topic: a stage's committed offset, a partition's features */
export const topicChanged = (state: string, topic: string, was: string, now: string): OperatorError =>
  new OperatorError(
    'topic_changed',
    `${state} belongs to another topic of the name ${topic} (${was}) than the one that is there now (${now}): it was deleted and ` +
      'made anew, or widened. Start once with kafka.whenTopicChanged: rebuild (begins the topic from its first record and forgets ' +
      'the state) or keep (goes on at the offset it has).' +
      (/(^|\.)interactions(\.|$)/.test(topic)
        ? ' To rebuild, first make the item-interactions topic anew too: its copies name offsets of the old topic.'
        : ''),
  )

export const partitionsDiffer = (topic: string, found: number, wanted: number): OperatorError =>
  new OperatorError(
    'partitions_differ',
    `${topic} has ${String(found)} partitions, the configuration and what runs say ${String(wanted)}: keys have moved between ` +
      'partitions, and states stay where they were. Use another prefix, or make the topic anew with ' +
      `${String(wanted)} partitions and rebuild.`,
  )

/** Beside a committed offset, before what else lies there (crash-marker.ts). */
export function withIdentity(identity: string | null, metadata: string | null): string | null {
  return identity === null ? metadata : `#${identity} ${metadata ?? ''}`
}

export function splitIdentity(metadata: string | null): { identity: string | null; rest: string | null } {
  const found = /^#(\S+) (.*)$/s.exec(metadata ?? '')
  return found === null ? { identity: null, rest: metadata } : { identity: found[1]!, rest: found[2]! }
}
