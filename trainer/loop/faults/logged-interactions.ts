import type { Addresses } from '#streams'
import type { OwnFeed } from '../testing/own-feed.ts'
import { readNumbers } from './kafka-plain-clients.ts'
import type { LoggedNumbers } from './logged-numbers.ts'
import { numberOf } from './numbered-traffic.ts'

/** The numbers of the interactions in a feed's log. */
export const loggedInteractions = ({ runtime }: OwnFeed, addresses: Addresses): Promise<LoggedNumbers> =>
  readNumbers(addresses, runtime.topicName('interactions'), (value) =>
    numberOf(runtime.codec.decode('interactions', value).interactionId),
  )
