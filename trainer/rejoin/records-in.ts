import type { LogRange } from '#feature-store/shadow'
import { codeOf } from '#streams'

/** How many records a topic holds; null: there is none of this name. */
export async function recordsIn(range: Pick<LogRange, 'ends'>, topicName: string): Promise<number | null> {
  try {
    const { lows, highs } = await range.ends(topicName)
    return highs.reduce((sum, high, partition) => sum + high - lows[partition]!, 0)
  } catch (error) {
    if (codeOf(error) === 'topics_missing') return null
    throw error
  }
}
