import type { Cell } from '#feature-store/files'

interface Known {
  views: number
  clicks: number
  likes: number
  history: string[]
}

const HISTORY_MAX = 20

/** What is known of everybody by what they did so far. */
export interface UserHistories {
  add(userId: string, type: string, itemId: string): void
  /** Rows of user_features, in the order of the people. */
  rows(asOfMs: number): Iterable<Cell[]>
}

export function createUserHistories(userIds: readonly string[]): UserHistories {
  const known = new Map<string, Known>(
    userIds.map((id) => [id, { views: 0, clicks: 0, likes: 0, history: [] }]),
  )
  return {
    add(userId, type, itemId) {
      const user = known.get(userId)
      if (user === undefined) return
      if (type === 'view') user.views++
      else if (type === 'like') user.likes++
      else if (type === 'click') {
        user.clicks++
        user.history.push(itemId)
        if (user.history.length > HISTORY_MAX) user.history.shift()
      }
    },
    *rows(asOfMs) {
      const asOf = new Date(asOfMs)
      for (const [userId, { views, clicks, likes, history }] of known) {
        const rate = views === 0 ? null : Math.round((clicks / views) * 1e6) / 1e6
        yield [userId, asOf, views, clicks, likes, rate, history.length === 0 ? null : history.join('|')]
      }
    },
  }
}
