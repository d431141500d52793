export { registerIngestCommands } from './commands.ts'
export { movieLensFeed, openBanditFeed, type LogFeed } from './feeds.ts'
export { runIngest, type IngestRunOptions } from './ingest.ts'
