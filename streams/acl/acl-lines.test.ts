import { expect, test } from 'vitest'
import { aclCommandLines } from './acl-lines.ts'

test('one command per right, as kafka-acls takes it', () => {
  const command = 'kafka-acls.sh --bootstrap-server "$BROKERS" --command-config "$ADMIN" --add'
  expect(
    aclCommandLines([
      {
        user: 'scorer',
        resource: 'topic',
        pattern: 'prefixed',
        name: 'feed.',
        operations: ['describe', 'describe-configs'],
      },
      { user: 'scorer', resource: 'group', pattern: 'literal', name: 'feed.scorer', operations: ['read'] },
      {
        user: 'operator',
        resource: 'cluster',
        pattern: 'literal',
        name: 'kafka-cluster',
        operations: ['describe'],
      },
      {
        user: 'operator',
        resource: 'transactional-id',
        pattern: 'literal',
        name: 'feed.requeue',
        operations: ['write'],
      },
    ]),
  ).toEqual([
    '# scorer',
    `${command} --allow-principal User:scorer --operation Describe --operation DescribeConfigs --topic feed. --resource-pattern-type prefixed`,
    `${command} --allow-principal User:scorer --operation Read --group feed.scorer --resource-pattern-type literal`,
    '# operator',
    `${command} --allow-principal User:operator --operation Describe --cluster`,
    `${command} --allow-principal User:operator --operation Write --transactional-id feed.requeue --resource-pattern-type literal`,
  ])
})
