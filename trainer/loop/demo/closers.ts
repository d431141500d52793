/** What was opened, to be closed in the reverse order, whatever fails on the way. */
export interface Closers {
  add(close: () => Promise<void> | void): void
  /** Closes everything once. @throws the first failure, after all were tried */
  closeAll(): Promise<void>
}

export function createClosers(): Closers {
  const open: (() => Promise<void> | void)[] = []
  return {
    add: (close) => void open.push(close),
    async closeAll() {
      const failures: unknown[] = []
      for (let close = open.pop(); close !== undefined; close = open.pop()) {
        try {
          await close()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    },
  }
}
