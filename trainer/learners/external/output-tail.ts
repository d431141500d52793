/** A sentence holds so much of a line. */
const LINE_LENGTH_MAX = 300

/** The end of what a program prints, within a bound. */
export interface OutputTail {
  add(chunk: Buffer): void
  /** A sentence that ends with the program's last line, and below it what it printed before. */
  told(sentence: string): string
}

export function createOutputTail(bytesMax: number): OutputTail {
  let kept = Buffer.alloc(0)
  return {
    add(chunk) {
      kept = Buffer.concat([kept, chunk]).subarray(-bytesMax)
    },
    told(sentence) {
      const lines = kept
        .toString('utf8')
        .split(/\r?\n|\r/)
        .map((line) => line.trimEnd())
        .filter((line) => line !== '')
      const last = lines.at(-1)
      if (last === undefined) return `${sentence}, and printed nothing`
      return [`${sentence}: ${cut(last.trim())}`, ...lines.slice(0, -1).map((line) => `  | ${line}`)].join(
        '\n',
      )
    },
  }
}

const cut = (line: string) => (line.length > LINE_LENGTH_MAX ? `${line.slice(0, LINE_LENGTH_MAX)}...` : line)
