/** One connection for all questions of a process. */
export interface SharedConnection<C> {
  /** Connects with the first question. After a question that failed the next one connects anew; after `close` none does. */
  use<T>(ask: (connection: C) => Promise<T>): Promise<T>
  /** Never rejects: a connection that could not be made needs no end. */
  close(): Promise<void>
}

/** Questions are asked side by side, and fail side by side: each gives up the connection it had, not a newer one. */
export function createSharedConnection<C extends { disconnect(): Promise<void> }>(
  connect: () => Promise<C>,
): SharedConnection<C> {
  let shared: Promise<C> | undefined
  let isClosed = false

  return {
    async use(ask) {
      if (isClosed) throw new Error('The runtime is closed: nothing is asked any more')
      const own = (shared ??= connect())
      try {
        return await ask(await own)
      } catch (error) {
        if (shared === own) shared = undefined
        await own.then((connection) => connection.disconnect()).catch(() => undefined) // the question's error is told
        throw error
      }
    },
    async close() {
      isClosed = true
      await shared?.then((connection) => connection.disconnect()).catch(() => undefined)
    },
  }
}
