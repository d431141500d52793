import type { DeadLetter } from '#schemas'

/** One dead letter and where it lies in the dead-letter topic: its id is `partition/offset`. */
export interface FoundLetter {
  id: string
  letter: DeadLetter
}

export interface LetterFilter {
  /** Source topic, physical name. */
  topic?: string | undefined
  reason?: string | undefined
  stage?: string | undefined
  id?: string | undefined
}

export function letterMatches({ id, letter }: FoundLetter, filter: LetterFilter): boolean {
  return (
    (filter.id === undefined || filter.id === id) &&
    (filter.topic === undefined || filter.topic === letter.topic) &&
    (filter.reason === undefined || filter.reason === letter.reason) &&
    (filter.stage === undefined || filter.stage === letter.stage)
  )
}

/** A letter as JSON prints it: bytes as base64, without the value when only an overview is asked for. */
export function letterJson({ id, letter }: FoundLetter, withValue: boolean) {
  const { key, value, ...rest } = letter
  return {
    id,
    ...rest,
    keyText: key?.toString('utf8') ?? null,
    valueBytes: value?.length ?? null,
    ...(withValue
      ? { keyBase64: key?.toString('base64') ?? null, valueBase64: value?.toString('base64') ?? null }
      : {}),
  }
}

/** 16 bytes per line: offset, hexadecimal, what is printable. */
export function hexLines(bytes: Uint8Array, linesMax: number): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length && lines.length < linesMax; at += 16) {
    const row = [...bytes.subarray(at, at + 16)]
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${text}`)
  }
  if (bytes.length > linesMax * 16) lines.push(`... ${bytes.length} bytes in all`)
  return lines
}
