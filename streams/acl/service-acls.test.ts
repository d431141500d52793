import { expect, test } from 'vitest'
import { topicCatalogue } from '#schemas'
import { ACL_USERS, type AclUser, serviceAcls } from './service-acls.ts'

const catalogue = topicCatalogue({ prefix: 'feed', partitions: 4, replicationFactor: 1 })
const acls = serviceAcls({ prefix: 'feed', catalogue })

/** `read feed.requests.v1`, as a set of lines. */
const rightsOf = (user: AclUser): string[] =>
  acls
    .filter((acl) => acl.user === user)
    .flatMap(({ resource, pattern, name, operations }) =>
      operations.map((operation) => `${operation} ${resource} ${name}${pattern === 'prefixed' ? '*' : ''}`),
    )
    .sort()

test('the scorer reads requests and models, and writes answers and dead letters: nothing else', () => {
  expect(rightsOf('scorer')).toEqual([
    'describe topic feed.*',
    'read group feed.scorer',
    'read topic feed.model-artifacts.v1',
    'read topic feed.models.v1',
    'read topic feed.requests.v1',
    'write topic feed.dead-letters.v1',
    'write topic feed.predictions.v1',
  ])
})

test('the features service does not read answers, the trainer does not write interactions', () => {
  expect(rightsOf('features')).toContain('write topic feed.item-interactions.v2')
  // An erasure of a tombstone: the place in the log where the user ends, and the record of it.
  for (const right of [
    'write topic feed.interactions.v1',
    'read topic feed.erasures.v1',
    'write topic feed.erasures.v1',
  ])
    expect(rightsOf('features')).toContain(right)
  expect(rightsOf('trainer')).toContain('read topic feed.erasures.v1')
  expect(rightsOf('features').join()).not.toMatch(/predictions|write topic feed.models|examples/)
  expect(rightsOf('trainer')).toContain('read group feed.joiner')
  expect(rightsOf('trainer')).toContain('write topic feed.models.v1')
  expect(rightsOf('trainer')).not.toContain('write topic feed.interactions.v1')
})

test('the feed writes what it owns and reads the answers, in groups of its own', () => {
  expect(rightsOf('feed')).toEqual([
    'describe topic feed.*',
    'read group feed.feed*',
    'read topic feed.predictions.v1',
    ...['interactions', 'items', 'outcomes', 'requests', 'users'].map(
      (slug) => `write topic feed.${slug}.v1`,
    ),
  ])
})

test('only the operator may write dead letters back: to all that a stage reads, in a transaction of one id', () => {
  for (const user of ACL_USERS)
    expect(rightsOf(user).some((right) => right.includes('transactional-id'))).toBe(user === 'operator')
  expect(rightsOf('operator')).toContain('write transactional-id feed.requeue')
  const written = ['interactions', 'items', 'outcomes', 'requests', 'users', 'predictions', 'examples']
  for (const slug of [...written, 'dead-letters', 'models', 'erasures'])
    expect(rightsOf('operator')).toContain(`write topic feed.${slug}.v1`)
  expect(rightsOf('operator')).not.toContain('write topic feed.drift.v1')
  // Examples that are joined again; no service writes them.
  for (const user of ACL_USERS)
    expect(rightsOf(user).includes('write topic feed.examples.v1.*')).toBe(user === 'operator')
})

test('only the operator may make topics; nobody has a right outside of the prefix', () => {
  for (const user of ACL_USERS)
    expect(rightsOf(user).some((right) => /^(create|delete|alter)/.test(right))).toBe(user === 'operator')
  for (const { resource, name } of acls)
    expect(resource === 'cluster' ? name : name.slice(0, 5)).toBe(
      resource === 'cluster' ? 'kafka-cluster' : 'feed.',
    )
})
