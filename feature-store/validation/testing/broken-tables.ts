import { type Cell, openTableWriter, type TableFormat, type WrittenColumn } from '../../files/index.ts'
import type { Suite } from '../suite.ts'

const COLUMNS: readonly WrittenColumn[] = [
  { name: 'row_id', type: 'text' },
  { name: 'user_id', type: 'text' },
  { name: 'category', type: 'text' },
  { name: 'clicks', type: 'integer' },
  { name: 'likes', type: 'integer' },
  { name: 'rate', type: 'number' },
  { name: 'shown_at', type: 'timestamp' },
]
const ROWS = 400
const START_MS = Date.UTC(2026, 0, 1)
const CATEGORIES = ['news', 'sport', 'music', 'film']

function soundRow(n: number): Cell[] {
  const clicks = n % 7
  const at = new Date(START_MS + n * 60_000)
  return [
    `r${String(n)}`,
    `u${String(n % 50)}`,
    CATEGORIES[n % 4]!,
    clicks,
    n % 2 === 0 ? clicks : 0,
    (n % 13) / 16,
    at,
  ]
}

type Break = (cells: Cell[], n: number) => Cell[]
const every = (count: number, column: string, value: (cells: Cell[]) => Cell): Break => {
  const at = COLUMNS.findIndex(({ name }) => name === column)
  return (cells, n) => (n % count === count - 1 ? cells.with(at, value(cells)) : cells)
}

export interface BrokenTable {
  name: string
  format: TableFormat
  write(path: string): void
}

function broken(name: string, format: TableFormat, change: Break, columns = COLUMNS): BrokenTable {
  return {
    name,
    format,
    write(path) {
      const writer = openTableWriter(path, format, columns)
      for (let n = 0; n < ROWS; n++) writer.add(change(soundRow(n), n).slice(0, columns.length))
      writer.close()
    },
  }
}

const asText = (column: string) =>
  COLUMNS.map((one): WrittenColumn => (one.name === column ? { ...one, type: 'text' } : one))

/** Ten tables, each with an error of its own. */
export const BROKEN_TABLES: readonly BrokenTable[] = [
  broken(
    'missing',
    'csv',
    every(9, 'category', () => null),
  ),
  broken(
    'missing-numbers',
    'parquet',
    every(11, 'rate', () => null),
  ),
  broken(
    'repeated',
    'parquet',
    every(20, 'row_id', () => 'r7'),
  ),
  broken('repeated-pairs', 'csv', (cells, n) => (n % 40 === 39 ? soundRow(n - 1) : cells)),
  broken(
    'range',
    'parquet',
    every(25, 'rate', () => 7.5),
  ),
  broken(
    'category',
    'csv',
    every(30, 'category', () => 'weather'),
  ),
  broken(
    'ids',
    'parquet',
    every(16, 'user_id', (cells) => ` user ${String(cells[1])}`),
  ),
  broken(
    'backwards',
    'parquet',
    every(50, 'shown_at', () => new Date(START_MS)),
  ),
  broken(
    'words',
    'csv',
    every(80, 'clicks', () => 'many'),
    asText('clicks'),
  ),
  broken(
    'columns',
    'csv',
    every(6, 'likes', () => 9),
    COLUMNS.slice(0, -1),
  ),
]

const expectations: [type: string, kwargs: Record<string, unknown>][] = [
  ['expect_table_row_count_to_be_between', { min_value: 1, max_value: 1_000 }],
  ['expect_table_row_count_to_equal', { value: ROWS }],
  ['expect_table_column_count_to_equal', { value: COLUMNS.length }],
  ['expect_table_column_count_to_be_between', { min_value: 6, max_value: 6 }],
  ['expect_table_columns_to_match_set', { column_set: COLUMNS.map(({ name }) => name) }],
  ['expect_table_columns_to_match_ordered_list', { column_list: COLUMNS.map(({ name }) => name) }],
  ['expect_column_to_exist', { column: 'shown_at' }],
  ['expect_column_values_to_not_be_null', { column: 'category' }],
  ['expect_column_values_to_not_be_null', { column: 'category', mostly: 0.8 }],
  ['expect_column_values_to_not_be_null', { column: 'rate' }],
  ['expect_column_values_to_be_null', { column: 'rate' }],
  ['expect_column_proportion_of_non_null_values_to_be_between', { column: 'rate', min_value: 0.95 }],
  ['expect_column_values_to_be_unique', { column: 'row_id' }],
  ['expect_column_values_to_be_unique', { column: 'row_id', mostly: 0.9 }],
  ['expect_compound_columns_to_be_unique', { column_list: ['user_id', 'shown_at'] }],
  ['expect_compound_columns_to_be_unique', { column_list: ['row_id', 'user_id'] }],
  ['expect_select_column_values_to_be_unique_within_record', { column_list: ['row_id', 'user_id'] }],
  ['expect_column_values_to_be_between', { column: 'rate', min_value: 0, max_value: 1 }],
  ['expect_column_values_to_be_between', { column: 'rate', min_value: 0, max_value: 1, mostly: 0.95 }],
  ['expect_column_values_to_be_between', { column: 'likes', min_value: 0, strict_min: true, max_value: 6 }],
  ['expect_column_values_to_be_between', { column: 'clicks', min_value: 0, max_value: 6 }],
  ['expect_column_values_to_be_in_set', { column: 'category', value_set: CATEGORIES }],
  ['expect_column_values_to_not_be_in_set', { column: 'category', value_set: ['film', 'weather'] }],
  ['expect_column_values_to_be_in_set', { column: 'likes', value_set: [0, 1, 2, 3, 4, 5, 6] }],
  ['expect_column_values_to_match_regex', { column: 'user_id', regex: '^u\\d+$' }],
  ['expect_column_values_to_not_match_regex', { column: 'user_id', regex: '^ ' }],
  ['expect_column_value_lengths_to_be_between', { column: 'user_id', min_value: 2, max_value: 3 }],
  ['expect_column_value_lengths_to_equal', { column: 'category', value: 5 }],
  ['expect_column_values_to_be_of_type', { column: 'clicks', type_: 'int64' }],
  ['expect_column_values_to_be_in_type_list', { column: 'rate', type_list: ['float64', 'float'] }],
  ['expect_column_values_to_be_increasing', { column: 'shown_at' }],
  ['expect_column_values_to_be_increasing', { column: 'shown_at', strictly: true }],
  ['expect_column_values_to_be_increasing', { column: 'likes', mostly: 0.3 }],
  ['expect_column_values_to_be_decreasing', { column: 'rate', mostly: 0.05 }],
  [
    'expect_column_pair_values_a_to_be_greater_than_b',
    { column_A: 'clicks', column_B: 'likes', or_equal: true },
  ],
  ['expect_column_pair_values_a_to_be_greater_than_b', { column_A: 'clicks', column_B: 'likes' }],
  ['expect_column_pair_values_to_be_equal', { column_A: 'clicks', column_B: 'likes' }],
  ['expect_column_mean_to_be_between', { column: 'rate', min_value: 0.3, max_value: 0.4 }],
  ['expect_column_stdev_to_be_between', { column: 'rate', min_value: 0.2, max_value: 0.24 }],
  ['expect_column_median_to_be_between', { column: 'rate', min_value: 0.37, max_value: 0.38 }],
  ['expect_column_sum_to_be_between', { column: 'likes', min_value: 0, max_value: 700 }],
  ['expect_column_min_to_be_between', { column: 'likes', min_value: 0, max_value: 0 }],
  ['expect_column_max_to_be_between', { column: 'likes', min_value: 0, max_value: 6 }],
  [
    'expect_column_quantile_values_to_be_between',
    {
      column: 'rate',
      quantile_ranges: {
        quantiles: [0.1, 0.9],
        value_ranges: [
          [0, 0.1],
          [0.6, 0.7],
        ],
      },
    },
  ],
  ['expect_column_unique_value_count_to_be_between', { column: 'category', min_value: 4, max_value: 4 }],
  [
    'expect_column_proportion_of_unique_values_to_be_between',
    { column: 'row_id', min_value: 1, max_value: 1 },
  ],
  ['expect_column_distinct_values_to_be_in_set', { column: 'category', value_set: CATEGORIES }],
  ['expect_column_distinct_values_to_contain_set', { column: 'category', value_set: ['news', 'weather'] }],
  ['expect_column_distinct_values_to_equal_set', { column: 'category', value_set: CATEGORIES }],
  [
    'expect_column_most_common_value_to_be_in_set',
    { column: 'category', value_set: ['news', 'sport'], ties_okay: true },
  ],
]

/** What holds of the tables before they were broken, and some of what does not. */
export const BROKEN_SUITE: Suite = {
  name: 'broken',
  expectations: expectations.map(([type, kwargs]) => ({ type, kwargs })),
}
