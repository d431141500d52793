/** How doctor asks the registry: a person waits. */
export const ASK_ONCE = { attemptsMax: 1, requestMs: 3_000 }
