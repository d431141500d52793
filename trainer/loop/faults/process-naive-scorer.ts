import { fileURLToPath } from 'node:url'
import { startBuilt } from '#streams/testing'
import type { OwnFeed } from '../testing/own-feed.ts'
import type { NaiveScorerArguments } from './process-naive-scorer-main.ts'

/** process-naive-scorer-main.ts in a process of its own; its group is `<prefix>.naive`. */
export function startNaiveScorer({ addresses, config, adopt }: OwnFeed, answerMs: number) {
  const main = fileURLToPath(new URL('process-naive-scorer-main.ts', import.meta.url))
  const { features: _, ...streams } = config
  const given: NaiveScorerArguments = { addresses, streams, answerMs }
  return adopt(startBuilt('the naive scorer', main, [JSON.stringify(given)], addresses))
}
