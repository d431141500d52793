export interface MicroBatchLimits {
  microBatchRequestsMax: number
  microBatchRowsMax: number
}

/**
 * Cuts requests, in order, into groups for one store read and one model call each: at most so many requests and
 * so many rows (candidates of all of them). A single request above the row limit is a group of its own.
 */
export function* microBatches<T>(
  requests: Iterable<T>,
  rowsOf: (request: T) => number,
  limits: MicroBatchLimits,
): Generator<T[]> {
  let group: T[] = []
  let rows = 0
  for (const request of requests) {
    const more = rowsOf(request)
    if (
      group.length > 0 &&
      (group.length >= limits.microBatchRequestsMax || rows + more > limits.microBatchRowsMax)
    ) {
      yield group
      group = []
      rows = 0
    }
    group.push(request)
    rows += more
  }
  if (group.length > 0) yield group
}
