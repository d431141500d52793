import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetWriteFile } from 'hyparquet-writer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { feedSchema } from '../feed.ts'
import { DATA_SETS, dataSetOptions, proposedLogMap } from './data-sets.ts'
import type { DataSetOptions, LogEntry } from './feed-log.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'feedloop-logs-'))))
afterEach(() => rmSync(folder, { recursive: true }))
const write = (name: string, content: string) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

async function opened(dataset: string, path = folder, options: DataSetOptions = {}) {
  const { log, feed } = await DATA_SETS[dataset]!(path, options)
  const entries: LogEntry[] = []
  for await (const entry of log.entries()) entries.push(entry)
  const impressions = entries.flatMap((entry) => (entry.kind === 'impression' ? [entry] : []))
  expect(impressions).toHaveLength(log.impressions)
  expect(feedSchema.safeParse(feed).error).toBeUndefined()
  return { log, feed, entries, impressions }
}

const told = ({ outcomes }: Extract<LogEntry, { kind: 'impression' }>) =>
  outcomes.map(({ type, itemId }) => `${type} ${itemId}`)

describe('MIND', () => {
  const news = 'N1\tsports\ttennis\tA "quoted" title\t\t\t[]\t[]\nN2\tnews\tworld\tOther\t\t\t[]\t[]\n'

  it('sorts impressions, tells items when they appear and the past of a user at the beginning', async () => {
    write('news.tsv', news)
    write(
      'behaviors.tsv',
      '2\tU1\t11/12/2019 9:05:58 PM\tN1 N2\tN3-1 N1-0\n1\tU1\t11/11/2019 12:05:58 AM\tN2\tN1-0 N2-1\n',
    )
    const { entries, impressions, log } = await opened('mind')
    expect(log.notes).toEqual([expect.stringContaining('sorted')])
    expect(impressions.map(({ atMs }) => new Date(atMs).toISOString())).toEqual([
      '2019-11-11T00:05:58.000Z',
      '2019-11-12T21:05:58.000Z',
    ])
    expect(impressions.map(told)).toEqual([
      ['view N1', 'view N2', 'click N2'],
      ['view N3', 'click N3', 'view N1'],
    ])
    const past = entries.flatMap((entry) => (entry.kind === 'interaction' ? [entry.interaction] : []))
    expect(past).toMatchObject([
      { type: 'read', itemId: 'N2', userId: 'U1', occurredAtMs: impressions[0]!.atMs },
    ])
    const items = entries.flatMap((entry) => (entry.kind === 'item' ? [entry] : []))
    expect(items.map(({ item, atMs }) => [item.itemId, atMs])).toEqual([
      ['N2', impressions[0]!.atMs],
      ['N1', impressions[0]!.atMs],
      ['N3', impressions[1]!.atMs],
    ])
    expect(items[1]!.item.attributes).toContainEqual({ name: 'word', text: 'quoted', number: null })
  })

  it('refuses impressions without labels, naming the line', async () => {
    write('news.tsv', news)
    write('behaviors.tsv', '1\tU1\t11/11/2019 12:05:58 AM\t\tN1-0\n2\tU1\t11/11/2019 1:05:58 AM\t\tN1 N2\n')
    await expect(opened('mind')).rejects.toThrow(
      /behaviors\.tsv: line 2: impressions: N1 has neither -0 nor -1/,
    )
  })
})

describe('KuaiRand', () => {
  const header = 'user_id,video_id,time_ms,is_click,is_like,long_view,play_time_ms,duration_ms,tab\n'

  it('reads rows, outcomes and seconds played, sorted and each once', async () => {
    const row = '1,10,1649360443769,1,0,1,1500,5301,4\n'
    write('log_standard.csv', `${header}1,11,1649386509317,0,0,0,0,1000,1\n${row}${row}`)
    const { impressions, log, entries } = await opened('kuairand')
    expect(impressions.map(told)).toEqual([['view v10', 'click v10', 'longView v10'], ['view v11']])
    expect(impressions[0]!.outcomes[0]!.value).toBe(1.5)
    expect(log.notes).toEqual([
      expect.stringContaining('sorted'),
      expect.stringContaining('1 row(s) are there twice'),
    ])
    expect(entries.find(({ kind }) => kind === 'item')).toMatchObject({
      item: { attributes: [{ name: 'durationSeconds', number: 5.301 }] },
    })
  })
})

describe('MovieLens', () => {
  it('keeps both ratings of a film that one user rated twice, and reads the atomic files', async () => {
    write(
      'ml-100k.inter',
      'user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t7\t5\t881250949.5\n1\t7\t3\t881250950\n',
    )
    write(
      'ml-100k.item',
      'item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n7\tTwelve Monkeys\t1995\tDrama Sci-Fi\n',
    )
    const { impressions, entries } = await opened('movielens')
    expect(impressions.map(({ request }) => request.requestId)).toEqual(['ml-1-7', 'ml-1-7-2'])
    expect(entries[0]).toMatchObject({
      item: {
        attributes: [{ text: 'Drama' }, { text: 'Sci-Fi' }, { number: 2 }, { name: 'year', number: 1995 }],
      },
    })
  })
})

describe('Open Bandit', () => {
  it('reads any campaign, sorts a shuffled log, and refuses two campaigns in one folder', async () => {
    const header =
      ',timestamp,item_id,position,click,propensity_score,user_feature_0,user_feature_1,user_feature_2,user_feature_3,user-item_affinity_0\n'
    const row = (index: number, time: string) => `${String(index)},${time},0,1,0,0.1,a,b,c,d,0\n`
    write('random_women.csv', `${header}${row(0, '2019-11-24 00:00:02')}${row(1, '2019-11-24 00:00:01')}`)
    write(
      'item_context_women.csv',
      'item_id,item_feature_0,item_feature_1,item_feature_2,item_feature_3\n0,0.5,a,b,c\n',
    )
    const { impressions, log } = await opened('open-bandit')
    expect(impressions.map(({ request }) => request.requestId)).toEqual(['random_women-1', 'random_women-0'])
    expect(log.notes).toEqual([
      expect.stringContaining('1 of 2 rows were not in the order of their time: sorted'),
    ])
    write('bts_all.csv', header)
    await expect(opened('open-bandit')).rejects.toThrow(/holds the campaigns women and all/)
  })
})

describe('tables', () => {
  it('reads a table without users, items and times as one stream, with what has changed', async () => {
    const path = write('stream.csv', 'price,kind,class\n1.5,x,UP\n2.0,y,DOWN\n,x,UP\n')
    const { impressions, feed, log } = await opened('csv', path)
    expect(impressions.map(({ atMs, request }) => [atMs - impressions[0]!.atMs, request.userId])).toEqual([
      [0, 'stream'],
      [1_800_000, 'stream'],
      [3_600_000, 'stream'],
    ])
    expect(impressions.map(told)).toEqual([
      ['view row', 'click row'],
      ['view row'],
      ['view row', 'click row'],
    ])
    expect(
      impressions.map(({ request }) =>
        request.context.map(({ name, text, number }) => [name, text ?? number]),
      ),
    ).toEqual([
      [
        ['price', 1.5],
        ['kind', 'x'],
      ],
      [
        ['price', 2],
        ['kind', 'y'],
        ['price_change', 0.5],
        ['price_above_8', 0.5],
        ['price_above_48', 0.5],
      ],
      [['kind', 'x']],
    ])
    expect(log.notes?.join(' ')).toMatch(/class is a success where it is UP/)
    expect(feed.features.attributes).toMatchObject({
      context: { price: 'number', kind: 'text', price_change: 'number' },
    })
  })

  it('makes lists of the rows of a request, by a map, and zones of times', async () => {
    const path = write(
      'lists.csv',
      'who;what;list;when;stars;tags\nu1;i1;a;2026-07-01 12:00:00;5;x|y\nu1;i2;a;2026-07-01 12:00:00;1;\nu2;001;b;2026-07-01 11:00:00;4;x\n',
    )
    const mapPath = write(
      'map.json',
      JSON.stringify({
        ...{
          user: 'who',
          item: 'what',
          request: 'list',
          time: 'when',
          label: 'stars',
          positive: { from: 4 },
        },
        ...{ itemAttributes: ['tags'], separators: { tags: '|' } },
      }),
    )
    const { impressions, entries } = await opened('csv', path, { mapPath, timeZone: 'Europe/Berlin' })
    expect(
      impressions.map(({ atMs, request }) => [new Date(atMs).toISOString(), request.candidates]),
    ).toEqual([
      ['2026-07-01T09:00:00.000Z', ['001']],
      ['2026-07-01T10:00:00.000Z', ['i1', 'i2']],
    ])
    expect(impressions.map(told)[1]).toEqual(['view i1', 'click i1', 'view i2'])
    const items = entries.flatMap((entry) => (entry.kind === 'item' ? [entry.item] : []))
    expect(items.find(({ itemId }) => itemId === 'i1')?.attributes.map(({ text }) => text)).toEqual([
      'x',
      'y',
    ])
  })

  it('takes a column for the value of a view, by a map', async () => {
    const path = write('dwell.csv', 'user,item,seconds,clicked\nu1,i1,12.5,1\nu1,i2,,0\n')
    const mapPath = write(
      'map.json',
      JSON.stringify({ user: 'user', item: 'item', label: 'clicked', value: 'seconds' }),
    )
    const { impressions } = await opened('csv', path, { mapPath })
    expect(
      impressions.map(({ outcomes, request }) => [request.context, outcomes.map(({ value }) => value)]),
    ).toEqual([
      [[], [12.5, null]],
      [[], [null]],
    ])
    const bad = write('bad.csv', 'user,item,seconds,clicked\nu1,i1,long,1\n')
    await expect(opened('csv', bad, { mapPath })).rejects.toThrow(/line 2: seconds is not a number \(long\)/)
  })

  it('reads Parquet as it reads CSV', async () => {
    const path = join(folder, 'log.parquet')
    parquetWriteFile({
      filename: path,
      columnData: [
        { name: 'user_id', data: ['7', '8'], type: 'STRING' },
        {
          name: 'time',
          data: [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-01T00:01:00Z')],
          type: 'TIMESTAMP',
        },
        { name: 'price', data: [1.5, 2.5], type: 'DOUBLE' },
        { name: 'clicked', data: [true, false], type: 'BOOLEAN' },
      ],
    })
    const { impressions } = await opened('parquet', path)
    expect(impressions.map(({ request, atMs }) => [request.userId, new Date(atMs).toISOString()])).toEqual([
      ['7', '2026-01-01T00:00:00.000Z'],
      ['8', '2026-01-01T00:01:00.000Z'],
    ])
    expect(impressions.map(told)).toEqual([['view row', 'click row'], ['view row']])
    expect(await proposedLogMap(path, 'parquet')).toMatchObject({
      user: 'user_id',
      time: 'time',
      label: 'clicked',
    })
  })

  it('refuses maps that do not fit, labels that nobody can tell, and zones that are none', async () => {
    const path = write('log.csv', 'a,stars\n1,5\n2,3\n3,4\n')
    await expect(opened('csv', path)).rejects.toThrow(
      /stars has more than two values \(5, 3, 4, ...\): say in the map/,
    )
    const mapPath = write('map.json', JSON.stringify({ label: 'star' }))
    await expect(opened('csv', path, { mapPath })).rejects.toThrow(
      /map\.json: the file has no column star \(it has a, stars\)/,
    )
    await expect(opened('csv', path, { mapPath: write('bad.json', '{"labels": 1}') })).rejects.toThrow(
      /bad\.json: label: /,
    )
    expect(() => dataSetOptions({ timezone: 'Mars' })).toThrow(/Mars is no name of a time zone/)
  })
})
