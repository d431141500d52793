/** Where a record stands, so that it can be read again. */
export interface SourceOffset {
  source: string
  offset: number
}
