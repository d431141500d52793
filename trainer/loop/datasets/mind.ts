import { joinedId, type Interaction } from '#schemas'
import { type CsvRow, logTimeOf, rowError, type RowPlace, textOf } from '#feature-store/files'
import { text, type LogEntry } from './feed-log.ts'

/** Columns of behaviors.tsv and news.tsv, which have no header line. */
export const MIND_BEHAVIORS = ['impressionId', 'userId', 'time', 'history', 'impressions'] as const
export const MIND_NEWS = [
  'newsId',
  'category',
  'subcategory',
  'title',
  'abstract',
  'url',
  'titleEntities',
  'abstractEntities',
] as const

/** Words of a title that become an attribute: the first few that are no small words. */
const TITLE_WORDS_MAX = 12
const WORD_LETTERS_MIN = 4

export interface MindImpression {
  impressionId: string
  userId: string
  atMs: number
  /** What the user had clicked before, oldest first. */
  history: readonly string[]
  /** In the order of the list, each once. */
  shown: readonly { newsId: string; clicked: boolean }[]
}

/** A line of behaviors.tsv. @throws LogUnreadableError when a shown item does not say whether it was clicked */
export function mindImpression(row: CsvRow, place: RowPlace, timeZone?: string): MindImpression {
  const clicked = new Map<string, boolean>()
  for (const one of wordsOf(textOf(row, 'impressions', place))) {
    const cut = one.lastIndexOf('-')
    const [newsId, told] = [one.slice(0, cut), one.slice(cut + 1)]
    if (cut < 1 || (told !== '0' && told !== '1'))
      throw rowError(
        place,
        `impressions: ${one} has neither -0 nor -1 behind it: nobody knows whether it was clicked`,
      )
    clicked.set(newsId, clicked.get(newsId) === true || told === '1')
  }
  return {
    impressionId: textOf(row, 'impressionId', place),
    userId: textOf(row, 'userId', place),
    atMs: logTimeOf(row, 'time', place, timeZone).atMs,
    history: wordsOf(row['history'] ?? ''),
    shown: [...clicked].map(([newsId, wasClicked]) => ({ newsId, clicked: wasClicked })),
  }
}

/** A line of news.tsv as attributes. */
export function mindAttributes(row: CsvRow): ReturnType<typeof text>[] {
  const of = (name: string, value: string | undefined) =>
    value === undefined || value === '' ? [] : [text(name, value)]
  const words = [...new Set((row['title'] ?? '').toLowerCase().match(/\p{L}+/gu) ?? [])]
  return [
    ...of('category', row['category']),
    ...of('subcategory', row['subcategory']),
    ...words
      .filter((word) => word.length >= WORD_LETTERS_MIN)
      .slice(0, TITLE_WORDS_MAX)
      .map((word) => text('word', word)),
  ]
}

/** An impression as a rank request for its list; every item was seen. @param requestId unlike that of any other */
export function mindRequest(
  { userId, atMs, shown }: MindImpression,
  requestId: string,
): Extract<LogEntry, { kind: 'impression' }> {
  const outcomes = shown.flatMap(({ newsId, clicked }) => {
    const outcome = (type: string): Interaction => ({
      interactionId: joinedId('.', [requestId, newsId, type]),
      userId,
      itemId: newsId,
      type,
      occurredAtMs: atMs,
      requestId,
      position: null, // MIND's lists are shuffled
      value: null,
    })
    return clicked ? [outcome('view'), outcome('click')] : [outcome('view')]
  })
  const candidates = shown.map(({ newsId }) => newsId)
  return {
    kind: 'impression',
    atMs,
    request: { requestId, userId, occurredAtMs: atMs, candidates, context: [] },
    outcomes,
  }
}

/** What a user had clicked before the log began, told at its beginning. */
export function mindPast(userId: string, history: readonly string[], atMs: number): Interaction[] {
  return history.map((newsId, place) => ({
    interactionId: joinedId('.', ['past', userId, String(place)]),
    userId,
    itemId: newsId,
    type: 'read',
    occurredAtMs: atMs,
    requestId: null,
    position: null,
    value: null,
  }))
}

const wordsOf = (line: string) => line.split(' ').filter((word) => word !== '')
