import type { TopicCatalogue } from '#schemas'
import type { Addresses } from '#streams'
import type { StackUser } from '#streams/testing'

/** A feed whose users are to be let in. */
export interface AdmittedFeed {
  prefix: string
  catalogue: TopicCatalogue
}

/** The services of feeds, as each of their users gets to them. */
export interface FeedServices {
  as(user: StackUser): Addresses
  /** Gives the users of one feed the least that they need. */
  admit(feed: AdmittedFeed): Promise<void>
}

/** Services that ask nobody who they are. */
export const openToAll = (addresses: Addresses): FeedServices => ({
  as: () => addresses,
  admit: () => Promise.resolve(),
})

/** One of the three services, the same way. */
export interface ServiceAccess<A> {
  as(user: StackUser): A
  admit(feed: AdmittedFeed): Promise<void>
}

export const withRedis = (services: FeedServices, redis: ServiceAccess<Addresses['redis']>): FeedServices =>
  withOther(services, redis, (user) => ({ redis: redis.as(user) }))

export const withKafka = (services: FeedServices, kafka: ServiceAccess<Addresses['kafka']>): FeedServices =>
  withOther(services, kafka, (user) => ({ kafka: kafka.as(user) }))

const withOther = (
  services: FeedServices,
  { admit }: Pick<ServiceAccess<unknown>, 'admit'>,
  otherAs: (user: StackUser) => Partial<Addresses>,
): FeedServices => ({
  as: (user) => ({ ...services.as(user), ...otherAs(user) }),
  async admit(feed) {
    await services.admit(feed)
    await admit(feed)
  },
})
