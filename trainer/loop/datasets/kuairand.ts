import { joinedId, type Attribute, type Interaction } from '#schemas'
import { type CsvRow, numberOf, type RowPlace, textOf } from '#feature-store/files'
import { number, text, type LogEntry } from './feed-log.ts'

/** Columns of `log_*.csv` that are needed; others are read where they are. */
export const KUAIRAND_COLUMNS = ['user_id', 'video_id', 'time_ms', 'is_click'] as const

/** What came of a showing, by its column. */
const OUTCOMES: readonly (readonly [column: string, type: string])[] = [
  ['is_click', 'click'],
  ['is_like', 'like'],
  ['is_follow', 'follow'],
  ['is_comment', 'comment'],
  ['is_forward', 'forward'],
  ['is_hate', 'hide'],
  ['long_view', 'longView'],
]

/** A row as a rank request for that one video. `value` of the view is how long it played, seconds. */
export function kuaiRandImpression(
  { row, place, atMs }: { row: CsvRow; place: RowPlace; atMs: number },
  idOf: (id: string) => string,
): Extract<LogEntry, { kind: 'impression' }> {
  const userId = kuaiRandUserId(textOf(row, 'user_id', place))
  const itemId = kuaiRandItemId(textOf(row, 'video_id', place))
  const requestId = idOf(`kuai-${joinedId('-', [userId, itemId, String(atMs)])}`)
  const outcome = (type: string, value: number | null): Interaction => ({
    interactionId: `${requestId}.${type}`,
    userId,
    itemId,
    type,
    occurredAtMs: atMs,
    requestId,
    position: 0,
    value,
  })
  const played = optionalNumber(row, 'play_time_ms', place)
  const came = OUTCOMES.filter(([column]) => optionalNumber(row, column, place) === 1)
  const tab = row['tab'] ?? ''
  const context = tab === '' ? [] : [text('tab', `t${tab}`)]
  return {
    kind: 'impression',
    atMs,
    request: { requestId, userId, occurredAtMs: atMs, candidates: [itemId], context },
    outcomes: [
      outcome('view', played === undefined ? null : played / 1_000),
      ...came.map(([, type]) => outcome(type, null)),
    ],
  }
}

/** What a row of the log says of its video. */
export function kuaiRandVideoOfLog(row: CsvRow, place: RowPlace): Attribute[] {
  const duration = optionalNumber(row, 'duration_ms', place)
  return duration === undefined ? [] : [number('durationSeconds', duration / 1_000)]
}

/** A row of `video_features_basic_*.csv`. */
export function kuaiRandVideo(row: CsvRow, place: RowPlace): Attribute[] {
  const of = (column: string, name: string) =>
    row[column] === undefined || row[column] === '' ? [] : [text(name, row[column])]
  const duration = optionalNumber(row, 'video_duration', place)
  const tags = (row['tag'] ?? '').split(',').filter((tag) => tag !== '')
  return [
    ...(duration === undefined ? [] : [number('durationSeconds', duration / 1_000)]),
    ...of('author_id', 'author'),
    ...of('video_type', 'videoType'),
    ...of('upload_type', 'uploadType'),
    ...tags.map((tag) => text('tag', tag)),
  ]
}

/** A row of `user_features_*.csv`. */
export function kuaiRandUser(row: CsvRow): Attribute[] {
  return [
    'user_active_degree',
    'follow_user_num_range',
    'fans_user_num_range',
    'register_days_range',
  ].flatMap((column) => (row[column] === undefined || row[column] === '' ? [] : [text(column, row[column])]))
}

export const kuaiRandUserId = (id: string) => `u${id}`
export const kuaiRandItemId = (id: string) => `v${id}`

function optionalNumber(row: CsvRow, column: string, place: RowPlace): number | undefined {
  return row[column] === undefined || row[column] === '' ? undefined : numberOf(row, column, place)
}
