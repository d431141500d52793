import { z } from 'zod'
import { cellTimeMs, isLogTime } from '../../files/index.ts'
import { BOUNDS, isBetween } from '../bounds.ts'
import { columnArgument, defineExpectation, type ExpectationKind, mostlyArgument } from '../expectation.ts'

const PERIOD_MS = { hour: 3_600_000, day: 86_400_000 } as const
/** More than forty years of hours. */
const PERIODS_MAX = 400_000
const SHOWN_MAX = 20

/** Rows per period of time, from the period after the first row to the one before the last. */
export function createVolumes(periodMs: number) {
  const counts = new Map<number, number>()
  return {
    add(atMs: number): void {
      const period = Math.floor(atMs / periodMs)
      const count = counts.get(period)
      if (count !== undefined || counts.size < PERIODS_MAX) counts.set(period, (count ?? 0) + 1)
    },
    /** Whole periods in order, those without rows too, as long as time does not leap by years. */
    whole(latestMs = Infinity): { fromMs: number; rows: number }[] {
      const known = [...counts.keys()].filter((period) => period * periodMs <= latestMs).sort((a, b) => a - b)
      const [first, last] = [known[0], known.at(-1)]
      if (first === undefined || last === undefined || last - first > PERIODS_MAX) return []
      return Array.from({ length: Math.max(0, last - first - 1) }, (_, at) => {
        const period = first + 1 + at
        return { fromMs: period * periodMs, rows: counts.get(period) ?? 0 }
      })
    },
  }
}

/** From the first period that is as expected to the last: data begins and ends by and by. All, when none is. */
function withoutEdges(
  periods: readonly { fromMs: number; rows: number }[],
  isInside: (rows: number) => boolean,
): readonly { fromMs: number; rows: number }[] {
  const from = periods.findIndex(({ rows }) => isInside(rows))
  const to = periods.findLastIndex(({ rows }) => isInside(rows))
  return from === -1 ? periods : periods.slice(from, to + 1)
}

/** How much happens in a stretch of time: holes and floods. */
export const VOLUME_EXPECTATIONS: readonly ExpectationKind[] = [
  defineExpectation(
    'feedloop_expect_volume_to_be_between',
    {
      column: columnArgument,
      period: z.enum(['hour', 'day']).default('hour'),
      ...BOUNDS,
      mostly: mostlyArgument,
    },
    ({ column, period, mostly, ...bounds }) => ({
      columns: [column],
      open({ clockMs }) {
        const isInside = isBetween(bounds)
        const volumes = createVolumes(PERIOD_MS[period])
        return {
          see(row) {
            const atMs = cellTimeMs(row[column] ?? null)
            if (isLogTime(atMs)) volumes.add(atMs)
          },
          outcome() {
            const periods = withoutEdges(volumes.whole(clockMs), isInside)
            const outside = periods.filter(({ rows }) => !isInside(rows))
            const share = periods.length === 0 ? 1 : 1 - outside.length / periods.length
            return {
              success: share >= (mostly ?? 1),
              result: {
                element_count: periods.length,
                missing_count: 0,
                unexpected_count: outside.length,
                unexpected_percent: 100 * (1 - share),
                partial_unexpected_list: outside
                  .slice(0, SHOWN_MAX)
                  .map(
                    ({ fromMs, rows }) =>
                      `${new Date(fromMs).toISOString().slice(0, 16)}Z: ${String(rows)} rows`,
                  ),
              },
            }
          },
        }
      },
    }),
  ),
]
