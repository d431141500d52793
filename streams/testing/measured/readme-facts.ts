/** What a document claims about the house, so that a test can look whether it is there. */

/** Targets of relative links, without their anchors. */
export function linksOf(text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!.split('#')[0]!)
  return unique(targets.filter((target) => target !== '' && !/^[a-z]+:/.test(target)))
}

/** Files and folders named between backticks: `kafka/kafka-lag.ts`, `joiner/`. JSON needs a folder: others write it, too. */
export function pathsOf(text: string): string[] {
  const named =
    /`((?:[\w.-]+\/)*[\w.-]+\.(?:ts|mjs|lua|md|avsc|java|py|yml)|(?:[\w.-]+\/)+(?:[\w.-]+\.json)?)`/g
  return unique([...text.matchAll(named)].map(([, path]) => path!))
}

/** `npx feedloop run all --metrics-port 9464` and the like, without what follows a comment sign. */
export function feedloopCommandsOf(text: string): string[] {
  return unique([...text.matchAll(/npx feedloop ([^`\n#|]+)/g)].map(([, command]) => command!.trim()))
}

/** Its words before the first that is a value, and its own options. */
export function typedCommand(command: string): { words: string[]; options: string[] } {
  const typed = command.split(/\s+/)
  const end = typed.findIndex((word) => !/^[a-z][a-z-]*$/.test(word))
  const options = typed.filter((word) => word.startsWith('--') && word !== '--config')
  return { words: end === -1 ? typed : typed.slice(0, end), options }
}

/** Names of scripts: `npm run bench -- users` is `bench`. */
export function scriptsOf(text: string): string[] {
  return unique([...text.matchAll(/npm run (?:-s |--silent )?([\w:-]+)/g)].map(([, name]) => name!))
}

/** Words a person reads: without what `npm run tables` writes. */
export function wordsOf(text: string): number {
  const prose = text.replaceAll(/<!-- table: [^]*?<!-- \/table -->/g, '')
  return prose.match(/\S*[\p{L}\p{N}]\S*/gu)?.length ?? 0
}

const unique = (values: readonly string[]) => [...new Set(values)]
