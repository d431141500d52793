import { createClosers } from '#streams'
import type { FeedServices } from '../testing/feed-services.ts'
import { openFeedOn, type OwnFeed } from '../testing/own-feed.ts'
import type { LabStack } from './lab-stack.ts'
import type { FaultReport, Lab, Scenario, ScenarioSize } from './scenario.ts'

export interface LabParts {
  stack: LabStack
  seed: number
  say(line: string): void
}

/** Runs one scenario and cleans up after it, however it ends. */
export async function runScenario(
  scenario: Scenario,
  size: ScenarioSize,
  parts: LabParts,
): Promise<FaultReport> {
  const closers = createClosers()
  const { services } = parts.stack
  const addresses = services.as('operator')
  const lab: Lab = {
    ...parts,
    services,
    addresses,
    cleanup: (close) => closers.add(async () => void (await close())),
  }
  try {
    const report = await scenario.run(lab, size)
    await closers.closeAll()
    return report
  } catch (error) {
    await closers.closeAll().catch(() => undefined) // the first failure is the one to tell
    throw error
  }
}

/** Feeds open one after the other: twelve schemas at a time are enough for a registry that has just started. */
const opening = new WeakMap<Lab, Promise<unknown>>()

/** What a lab sends happened in a year of its own, so that every run is the same. */
const ANY_AGE = { scorer: { requestAgeDaysMax: 0 } }

/** A feed of its own on the lab's services (or on others), closed with the lab. */
export async function openLabFeed(
  lab: Lab,
  name: string,
  feed: Record<string, unknown> = {},
  services: FeedServices = lab.services,
): Promise<OwnFeed> {
  const before = opening.get(lab) ?? Promise.resolve()
  const mine = before.then(
    () => openFeedOn(services, name, { ...ANY_AGE, ...feed }),
    () => openFeedOn(services, name, { ...ANY_AGE, ...feed }),
  )
  opening.set(lab, mine)
  const opened = await mine
  lab.cleanup(() => opened.close())
  return opened
}

/** Resolves when user and item features have taken in everything that is in the log. */
export async function featuresCaughtUp(feed: OwnFeed): Promise<void> {
  await feed.caughtUp('features-user', 'interactions')
  await feed.caughtUp('features-item', 'itemInteractions')
}
