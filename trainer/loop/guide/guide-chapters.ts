/** One thing that the guide has its reader do: commands, and what they print, shortened. */
export interface GuideStep {
  /** As typed, without what follows a comment sign. */
  commands: string[]
  /** Lines that must come, in this order; none: nothing is shown. */
  shown: string[]
}

/** Every block of shell commands, with the block of output behind it where there is one. */
export function guideSteps(markdown: string): GuideStep[] {
  const blocks = [...markdown.matchAll(/^```(sh|text)\n([^]*?)^```$/gm)].map(([, kind, text]) => ({
    kind: kind!,
    lines: text!.split('\n').filter((line) => line.trim() !== ''),
  }))
  return blocks.flatMap(({ kind, lines }, at) => {
    if (kind !== 'sh') return []
    const next = blocks[at + 1]
    const commands = lines.map((line) => line.replace(/\s+#.*$/, ''))
    return [{ commands, shown: next?.kind === 'text' ? next.lines : [] }]
  })
}

/** Lines of these that the output lacks, or has before an earlier one. Numbers may be others; '...' begins what was cut. */
export function linesMissing(shown: readonly string[], output: string): string[] {
  const printed = output.split('\n').map(masked)
  let from = 0
  return shown.filter((line) => {
    const wanted = masked(line.split('...')[0]!)
    if (wanted === '') return false
    const found = printed.findIndex((one, at) => at >= from && one.startsWith(wanted))
    if (found >= 0) from = found + 1
    return found < 0
  })
}

const masked = (line: string) =>
  line
    .replaceAll(/[+-]?\d[\d.,:]*/g, '0')
    .replaceAll(/\s+/g, ' ')
    .trim()
