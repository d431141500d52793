/** What was opened, to be closed in the reverse order, whatever fails on the way. */
export interface Closers {
  add(close: () => Promise<unknown> | void): void
  /** Closes everything once; a second call waits for the first. @throws the first failure, after all were tried */
  closeAll(): Promise<void>
}

export function createClosers(): Closers {
  const open: (() => Promise<unknown> | void)[] = []
  let closing = Promise.resolve()

  async function closeWhatIsOpen(): Promise<void> {
    const failures: unknown[] = []
    for (let close = open.pop(); close !== undefined; close = open.pop()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  return {
    add: (close) => void open.push(close),
    closeAll() {
      const closed = closing.then(closeWhatIsOpen)
      closing = closed.catch(() => undefined) // told to who asked
      return closed
    },
  }
}

/**
 * Opens several things, one after the other. When a later one fails, those before it are closed again, and its failure
 * is the one that is told.
 *
 * @example
 * const service = await openAll(async (closers) => {
 *   const store = await openStore()
 *   closers.add(() => store.close())
 *   const running = await start(store)
 *   closers.add(() => running.stop())
 *   return { ...running, stop: () => closers.closeAll() }
 * })
 */
export async function openAll<T>(open: (closers: Closers) => Promise<T>): Promise<T> {
  const closers = createClosers()
  try {
    return await open(closers)
  } catch (error) {
    await closers.closeAll().catch(() => undefined) // the first failure is the one to tell
    throw error
  }
}
