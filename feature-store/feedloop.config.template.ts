// The declaration of your feed: what users do, what is known of users and items, which features a model sees, which
// labels it learns. Everything here is optional; what you leave out has the value shown (this file, as it stands, is
// the demo's feed). `npx feedloop check` reports all mistakes at once, `npx feedloop check --json` shows every setting
// and limit with its value.
import { defineFeed, genericFeatures } from 'feedloop'

export default defineFeed({
  // Begins the names of topics (feed.interactions.v1), groups and Redis keys: two loops can share a broker.
  prefix: 'feed',

  // Left out: the local stack (`npx feedloop stack up`). The environment wins: FEEDLOOP_KAFKA_BROKERS,
  // FEEDLOOP_REGISTRY_URL, FEEDLOOP_REDIS_URL.
  // kafka: { brokers: ['kafka-1:9092'], partitions: 4, replicationFactor: 3 },
  // Where brokers ask who you are (each field has a variable, see streams/OPERATIONS.md):
  // kafka: {
  //   brokers: ['kafka-1:9093'],
  //   tls: { caFile: '/etc/feedloop/ca.pem' },
  //   sasl: { mechanism: 'scram-sha-512', username: 'scorer', password: { file: '/run/secrets/kafka' } },
  // },
  // registry: { url: 'http://registry:8081/apis/ccompat/v7' },
  // redis: { url: 'redis://redis:6379' }, // or { cluster: ['redis-1:6379'], username: 'feedloop', password: { file: '/run/secrets/redis' }, tls: {} }

  features: {
    // Interactions of any other type are dead-lettered (unknown_type).
    interactionTypes: ['view', 'click', 'like', 'hide'],

    // Attributes that users, items and requests bring. `text` or `number`.
    attributes: {
      user: { segment: 'text' },
      item: { category: 'text', price: 'number' },
      context: {},
    },

    // One entry, one feature (some make several columns; `npx feedloop features list` shows them). The generic set: rates,
    // counts and times of users and items at several half-lives, what came last, what a user likes, what goes together, the
    // place among the other candidates, hour and day, attributes. A number's mean and deviation bring it to order one; each
    // known value of a text becomes a column. All times are the feed's own clock.
    features: [
      ...genericFeatures({
        of: ['click'],
        per: ['view'],
        attributes: {
          user: { segment: { kind: 'text', values: ['s0', 's1', 's2', 's3'] } },
          item: {
            category: { kind: 'text', values: ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'] },
            price: { kind: 'number', mean: 0.5, deviation: 0.3 },
          },
        },
      }),
      // Your own, by kind: decayedCount({ entity: 'item', of: ['click'], halfLifeMinutes: 30 }),
      // Each may say how old its evidence may be, and what then: { maxAgeMinutes: 60, whenMissing: 'flag' }. See what it
      // comes to by `npx feedloop features explain --user u1 --item i1`.
    ],
  },

  scorer: {
    // Share of requests answered in a random order, so that the trainer sees what the model would not show.
    explorationShare: 0.05,
    // Ranks whose vectors the prediction record keeps; only they can become examples.
    vectorsRecordedMax: 50,
    // http: { port: 8080 },   // POST /predict for services without Kafka
  },

  trainer: {
    // A label is 1 when one of `positive` came within the horizon after the request, else 0, if the item was `shown`.
    labels: {
      click: { positive: ['click'], shown: ['shown', 'view'], horizonMinutes: 10 },
      like: { positive: ['like'], shown: ['shown', 'view'], horizonMinutes: 10 },
    },
    // The label that models predict and the ranking goes by.
    objective: 'click',
    // Logistic regression, fitted again and again. With several they challenge each other; a `name` tells two of a kind apart:
    // learners: [{ use: 'logistic' }, { use: 'ftrl', alpha: 0.2 }, { use: 'gbdt' }, { use: 'base-rate' }],
    learners: [{ use: 'logistic' }],
    // What learners that are fitted (all but ftrl and fm) are fitted to, and when.
    // window: { kind: 'sliding', hours: 24 }, retrain: { everyMinutes: 60, coolDownMinutes: 15 },
    // promotion: { candidateEveryExamples: 6_000, freshExamplesMin: 3_000 },
    // tracking: { url: 'http://127.0.0.1:5000' },   // an MLflow server that is told of the models
  },
})
