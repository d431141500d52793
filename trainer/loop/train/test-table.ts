/** The test rows one by one (test.parquet): what a report, another model or a notebook needs of them. */
export interface TestTable {
  readonly count: number
  readonly width: number
  occurredAtMs: Float64Array
  /** Number of the request: rows of one follow each other. */
  requests: Int32Array
  userIds: readonly string[]
  itemIds: readonly string[]
  labels: Uint8Array
  scores: Float32Array
  baseRate: Float32Array
  itemRate: Float32Array
  /** count x width. */
  vectors: Float32Array
}
