export { registerIngestCommands } from './commands.ts'
export { runIngest, type IngestRunOptions } from './ingest.ts'
export { openProgressBar, type ProgressBar } from './terminal-progress.ts'
