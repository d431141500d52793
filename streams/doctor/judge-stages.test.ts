import { describe, expect, it } from 'vitest'
import { groupOf, STAGE_NAMES, STAGES } from '#schemas'
import { type GroupFacts, judgeGroups } from './judge-stages.ts'

const facts = (group: string, more: Partial<GroupFacts> = {}): GroupFacts => ({
  group,
  members: 1,
  partitions: 4,
  hasCommitted: true,
  lagRecords: 0,
  lagSeconds: 0,
  ...more,
})
/** Every stage of the loop, each with what is said of it. */
const loop = (more: (stage: (typeof STAGE_NAMES)[number]) => Partial<GroupFacts> = () => ({})) =>
  STAGE_NAMES.map((stage) => facts(groupOf('feed', stage), more(stage)))
const judge = (groups: readonly GroupFacts[]) => judgeGroups(groups, 'feed')
const notOk = (groups: readonly GroupFacts[]) => judge(groups).filter(({ verdict }) => verdict !== 'ok')

describe('judgeGroups', () => {
  it('has nothing to advise while everything runs, also before anything is committed', () => {
    expect(notOk(loop())).toEqual([])
    expect(notOk(loop(() => ({ hasCommitted: false })))).toEqual([])
  })

  it('says once to start everything when nothing runs', () => {
    expect(judge(loop(() => ({ members: 0, hasCommitted: false })))).toEqual([
      expect.objectContaining({
        check: 'stages',
        found: 'none is running, and none has committed an offset yet; nothing waits for them',
        action: expect.stringContaining('`npx feedloop run all`') as string,
      }),
    ])
  })

  it('tells how far those are behind that ran before', () => {
    const groups = loop((stage) =>
      stage === 'scorer' ? { members: 0, lagRecords: 12, lagSeconds: 34.4 } : { members: 0 },
    )
    expect(judge(groups)).toHaveLength(1)
    expect(judge(groups)[0]!.found).toBe('none is running; feed.scorer is 12 records, 34 s behind')
  })

  it('names the service to start when one is stopped, and never `run all`', () => {
    const left = notOk(loop((stage) => (STAGES[stage].service === 'scorer' ? { members: 0 } : {})))
    expect(left).toEqual([
      expect.objectContaining({
        check: 'stage feed.scorer',
        verdict: 'warning',
        found: 'nobody is in the group; 0 records, 0 s behind',
        action: 'Start it: `npx feedloop run scorer`.',
      }),
    ])
  })

  it('does not say to start a service of which other stages are there', () => {
    const [left] = notOk(loop((stage) => (stage === 'learner' ? { members: 0 } : {})))
    expect(left!.action).toMatch(/it is starting or has failed: look at the log of `run trainer`/)
  })

  it.each([
    [60, 1, null],
    [61, 1, /start another `npx feedloop run features` \(up to 4 share the work\)/],
    [61, 4, /a process for each partition/],
  ] as const)('%d s behind with %d member(s)', (lagSeconds, members, advice) => {
    const left = notOk(loop((stage) => (stage === 'features-user' ? { lagSeconds, members } : {})))
    expect(left.map(({ check }) => check)).toEqual(advice === null ? [] : ['stage feed.features-user'])
    if (advice !== null) expect(left[0]!.action).toMatch(advice)
  })

  it('knows that the joiner is behind by design, for as long as nothing new comes', () => {
    const late = { lagRecords: 9, lagSeconds: 6_000 }
    expect(notOk(loop((stage) => (stage === 'joiner' ? late : {})))).toEqual([])
    const stopped = notOk(loop((stage) => (STAGES[stage].service === 'trainer' ? { members: 0 } : {})))
    expect(stopped.map(({ check }) => check)).toEqual(['stage feed.joiner', 'stage feed.learner'])
  })

  it('does not guess where brokers do not tell', () => {
    expect(notOk(loop(() => ({ members: null })))[0]!.found).toMatch(
      /^not checked: who is in the group is not told/,
    )
  })

  it('tells a group of somebody else below the prefix, and gives no command of ours for it', () => {
    const left = notOk([...loop(), facts('feed.feed-gateway', { members: 0, lagRecords: 2, lagSeconds: 1 })])
    expect(left.map(({ check, found }) => `${check}: ${found}`)).toEqual([
      'group feed.feed-gateway: nobody is in the group; 2 records, 1 s behind',
    ])
    expect(left[0]!.action).not.toContain('npx feedloop')
  })

  it('says to make topics when there is none to read', () => {
    expect(judge([])[0]!.action).toContain('topics apply')
  })
})
