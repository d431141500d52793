/** Lets everything that waits for a promise go on. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
