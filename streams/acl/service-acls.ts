import {
  groupOf,
  LOOP_SERVICES,
  type LoopService,
  rejoinedPrefix,
  STAGE_NAMES,
  STAGES,
  stagesOf,
  type TopicCatalogue,
  type TopicKey,
  type TopicParty,
} from '#schemas'
import { requeueId } from '../requeue-plan.ts'

/** Who logs in to Kafka as somebody: the services, the feed outside, and a person with the command line. */
export const ACL_USERS = [...LOOP_SERVICES, 'feed', 'operator'] as const
export type AclUser = (typeof ACL_USERS)[number]

export type AclOperation =
  'read' | 'write' | 'describe' | 'create' | 'delete' | 'alter' | 'describe-configs' | 'alter-configs'

/** One right, as brokers keep it. Everything that no right allows is refused. */
export interface ServiceAcl {
  user: AclUser
  resource: 'topic' | 'group' | 'cluster' | 'transactional-id'
  /** The exact name, or how it begins. */
  pattern: 'literal' | 'prefixed'
  name: string
  operations: readonly AclOperation[]
}

/** Kafka's name of the whole cluster as a resource. */
export const CLUSTER_NAME = 'kafka-cluster'

/** Topics that a service follows without a group, beside what its stages read. */
const FOLLOWED: Record<LoopService, readonly TopicKey[]> = {
  features: ['erasures', 'models'],
  scorer: ['models', 'modelArtifacts'],
  trainer: ['models', 'modelArtifacts', 'drift', 'erasures'],
  skew: ['interactions', 'itemInteractions', 'users', 'items', 'predictions'],
}

/** Topics of others into which a service writes: a tombstone there tells every fold where an erased user ends. */
const MARKED: Record<LoopService, readonly TopicKey[]> = {
  features: ['interactions'],
  scorer: [],
  trainer: [],
  skew: [],
}

const PARTY: Record<LoopService, TopicParty> = {
  features: 'feature-store',
  scorer: 'scorer',
  trainer: 'trainer',
  skew: 'skew',
}

export interface ServiceAclsOptions {
  prefix: string
  catalogue: TopicCatalogue
}

/**
 * The least that each user needs: a service reads what its stages read (schemas/stages.ts) in their groups, and writes
 * the topics it owns, tombstones where an erasure begins, and dead letters; the feed writes what it owns and reads the answers; the operator makes topics,
 * looks at everything below the prefix, moves models, joins examples again, and writes dead letters back to where they came
 * from, in transactions. An idempotent producer needs nothing of the cluster.
 *
 * @example serviceAcls({ prefix: 'feed', catalogue }).filter(({ user }) => user === 'scorer')
 */
export function serviceAcls(options: ServiceAclsOptions): ServiceAcl[] {
  return [
    ...LOOP_SERVICES.flatMap((service) => aclsOfService(service, options)),
    ...aclsOfFeed(options),
    ...aclsOfOperator(options),
  ]
}

function aclsOfService(user: LoopService, { prefix, catalogue }: ServiceAclsOptions): ServiceAcl[] {
  const read = new Set<TopicKey>(FOLLOWED[user])
  for (const stage of stagesOf(user)) for (const source of STAGES[stage].sources) read.add(source)
  const written = ownedBy(PARTY[user], catalogue)
  for (const key of [...MARKED[user], 'deadLetters'] as const) written.add(key)
  const groups = stagesOf(user).map((stage): ServiceAcl => ({
    user,
    resource: 'group',
    pattern: 'literal',
    name: groupOf(prefix, stage),
    operations: ['read'],
  }))
  return [seesTopics(user, prefix), ...topicRights(user, catalogue, read, written), ...groups]
}

function aclsOfFeed({ prefix, catalogue }: ServiceAclsOptions): ServiceAcl[] {
  const user = 'feed'
  const answers = Object.values(catalogue).filter(({ readers }) => readers.includes('feed'))
  const read = new Set(answers.map(({ key }) => key))
  return [
    seesTopics(user, prefix),
    ...topicRights(user, catalogue, read, ownedBy('feed', catalogue)),
    { user, resource: 'group', pattern: 'prefixed', name: `${prefix}.feed`, operations: ['read'] },
  ]
}

function aclsOfOperator({ prefix, catalogue }: ServiceAclsOptions): ServiceAcl[] {
  const user = 'operator'
  const operations: AclOperation[] = [
    'read',
    'describe',
    'create',
    'delete',
    'alter',
    'describe-configs',
    'alter-configs',
  ]
  return [
    { user, resource: 'topic', pattern: 'prefixed', name: `${prefix}.`, operations },
    ...topicRights(user, catalogue, new Set(), writtenByOperator(catalogue)),
    // Examples that are joined again.
    {
      user,
      resource: 'topic',
      pattern: 'prefixed',
      name: rejoinedPrefix(catalogue.examples),
      operations: ['write'],
    },
    {
      user,
      resource: 'transactional-id',
      pattern: 'literal',
      name: requeueId(prefix),
      operations: ['write', 'describe'],
    },
    {
      user,
      resource: 'group',
      pattern: 'prefixed',
      name: `${prefix}.`,
      operations: ['read', 'describe', 'delete'],
    },
    {
      user,
      resource: 'cluster',
      pattern: 'literal',
      name: CLUSTER_NAME,
      operations: ['describe', 'describe-configs'],
    },
  ]
}

/** Models; whatever a stage may give up, and the dead letters, where what was written back is marked. */
function writtenByOperator(catalogue: TopicCatalogue): Set<TopicKey> {
  const given = STAGE_NAMES.flatMap((stage): readonly TopicKey[] => STAGES[stage].sources)
  return new Set([...ownedBy('operations', catalogue), ...given, 'deadLetters'])
}

/** Every service asks at its start whether all topics are there: who may not see one takes it for missing. */
const seesTopics = (user: AclUser, prefix: string): ServiceAcl => ({
  user,
  resource: 'topic',
  pattern: 'prefixed',
  name: `${prefix}.`,
  operations: ['describe'],
})

function ownedBy(party: TopicParty, catalogue: TopicCatalogue): Set<TopicKey> {
  const owned = Object.values(catalogue).filter(({ owner }) => owner.includes(party))
  return new Set(owned.map(({ key }) => key))
}

function topicRights(
  user: AclUser,
  catalogue: TopicCatalogue,
  read: ReadonlySet<TopicKey>,
  written: ReadonlySet<TopicKey>,
): ServiceAcl[] {
  return Object.values(catalogue)
    .map(({ key, name }): ServiceAcl => ({
      user,
      resource: 'topic',
      pattern: 'literal',
      name,
      operations: [
        ...(read.has(key) ? (['read'] as const) : []),
        ...(written.has(key) ? (['write'] as const) : []),
      ],
    }))
    .filter(({ operations }) => operations.length > 0)
}
