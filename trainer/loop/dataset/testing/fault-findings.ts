import type { FaultName, PlantedFault } from '../faults.ts'

/** A verdict that was not met, as far as it is needed here. */
export interface Unmet {
  table: string
  expectation: { type: string; kwargs: Record<string, unknown> }
}

export interface FaultFinding {
  planted: number
  found: number
  missed: number
}

export interface FaultFindings {
  kinds: Partial<Record<FaultName, FaultFinding>>
  /** What is not met although nothing was planted there. */
  falseOnes: string[]
}

/** By what a fault shows: the first must, the others may follow from it. `table.columns type`. */
const SHOWS: Record<FaultName, readonly [string, ...string[]]> = {
  missing_values: ['impressions.device expect_column_values_to_not_be_null'],
  duplicate_rows: ['impressions.request_id+item_id expect_compound_columns_to_be_unique'],
  repeated_ids: ['interactions.interaction_id expect_column_values_to_be_unique'],
  wrong_type: [
    'user_features.clicks expect_column_values_to_be_of_type',
    'user_features.clicks expect_column_values_to_be_between',
    'user_features.clicks feedloop_expect_column_values_to_be_increasing_within',
  ],
  out_of_range: ['impressions.dwell_seconds expect_column_values_to_be_between'],
  unknown_category: ['content_features.category expect_column_values_to_be_in_set'],
  dangling_item: ['interactions.item_id feedloop_expect_column_values_to_exist_in'],
  malformed_id: [
    'impressions.user_id expect_column_values_to_match_regex',
    'impressions.user_id feedloop_expect_column_values_to_exist_in',
  ],
  time_backwards: ['impressions.shown_at expect_column_values_to_be_increasing'],
  future_time: [
    'interactions.occurred_at feedloop_expect_column_values_to_not_be_in_future',
    'interactions.occurred_at expect_column_values_to_be_increasing',
  ],
  volume_hole: [
    'impressions.shown_at feedloop_expect_volume_to_be_between',
    'interactions.request_id feedloop_expect_column_values_to_exist_in',
  ],
  counters_fall: ['user_features.views feedloop_expect_column_values_to_be_increasing_within'],
  contradiction: ['impressions.click+like expect_column_pair_values_a_to_be_greater_than_b'],
  leaking_column: [
    'impressions.click feedloop_expect_no_column_to_tell_the_label',
    'impressions expect_table_columns_to_match_set',
  ],
}

function placeOf({ table, expectation: { type, kwargs } }: Unmet): string {
  const columns = [
    kwargs['column'] ?? kwargs['label'] ?? kwargs['column_list'] ?? [],
    kwargs['column_A'] ?? [],
  ]
    .concat(kwargs['column_B'] ?? [])
    .flat()
    .join('+')
  return `${columns === '' ? table : `${table}.${columns}`} ${type}`
}

/** Which planted faults a validation found, which it missed, and what it found where there is none. */
export function faultFindings(planted: readonly PlantedFault[], unmet: readonly Unmet[]): FaultFindings {
  const places = new Set(unmet.map(placeOf))
  const kinds: FaultFindings['kinds'] = {}
  for (const { kind, rows } of planted) {
    if (rows === 0) throw new Error(`${kind} was planted in no row`)
    const found = places.has(SHOWS[kind][0]) ? 1 : 0
    kinds[kind] = { planted: 1, found, missed: 1 - found }
  }
  const explained = new Set(planted.flatMap(({ kind }): readonly string[] => SHOWS[kind]))
  return { kinds, falseOnes: [...places].filter((place) => !explained.has(place)) }
}
