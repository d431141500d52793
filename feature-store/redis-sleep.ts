/** Does not keep a process alive: whoever waits holds a connection that does. */
export const sleep = (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms).unref())
