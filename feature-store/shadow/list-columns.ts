/** Of `replay list`, whatever is replayed. */
export const LIST_COLUMNS = [
  'replay',
  'kind',
  'state',
  'from',
  'to',
  'done',
  'left',
  'per s',
  'time left',
  'runs at',
]
