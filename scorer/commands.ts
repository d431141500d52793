import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import {
  awaitFeedStore,
  compileFeatureSet,
  createFeatureReader,
  type FeatureStoreConfig,
} from '#feature-store'
import { parseManifest } from '#schemas'
import { type CommandContext, openAll, type Signals, type StreamsConfig } from '#streams'
import type { ScorerConfig } from './config.ts'
import { openModel } from './model/index.ts'
import { type RunningScorer, startScorer } from './start-scorer.ts'

/** What the scorer needs of the feed's configuration. */
export type ScorerFeedConfig = StreamsConfig & { features: FeatureStoreConfig; scorer: ScorerConfig }

/** `prove-model`: the checks a model passes before it serves, on a file. */
export function registerScorerCommands(program: Command, _context: CommandContext<ScorerFeedConfig>): void {
  program
    .command('prove-model')
    .description('open an ONNX file as the scorer would: checksum, shapes, golden vectors')
    .argument('<onnx>', 'the model file')
    .argument('<manifest>', 'its manifest (JSON)')
    .option('--json', 'print the answer as JSON')
    .action(async (onnxFile: string, manifestFile: string, { json }: { json?: boolean }) => {
      const manifest = parseManifest(await readFile(manifestFile, 'utf8'))
      const session = await openModel(await readFile(onnxFile), manifest)
      await session.close()
      const { modelId, width, golden } = manifest
      const text = `${modelId}: proven on ${golden.rows} golden rows of ${width} features`
      process.stdout.write(
        `${json === true ? JSON.stringify({ modelId, width, goldenRows: golden.rows }) : text}\n`,
      )
    })
}

/** The service `run scorer`, connected. The caller waits for `done` or calls `stop`. */
export function runScorer(context: CommandContext<ScorerFeedConfig>): Promise<RunningScorer> {
  return openAll(async (closers) => {
    const config = await context.loadConfig()
    const { redis } = await context.addresses(['redis'])
    const featureSet = compileFeatureSet(config.features)
    const runtime = await context.connect('scorer')
    closers.add(() => runtime.close())
    // Requests are answered by the fallback while it is away.
    const store = awaitFeedStore(redis, config, { role: 'reader', log: runtime.log })
    closers.add(() => store.close())
    const metricsText = metricsTextOf(runtime.signals)
    const scorer = await startScorer(runtime, {
      config: config.scorer,
      features: createFeatureReader({ runtime, store, featureSet }),
      limits: config.limits,
      contextKinds: config.features.attributes.context,
      expectations: config.features.validation.suite,
      ...(metricsText === undefined ? {} : { metricsText }),
    })
    closers.add(() => scorer.stop())
    const done = Promise.race([scorer.done, store.opened.then(() => scorer.done)])
    done.catch(() => undefined) // whoever waits for it sees it
    return { ...scorer, done, stop: () => closers.closeAll() }
  })
}

/** Signals that can show themselves as Prometheus text, as `createSignals` makes them. */
function metricsTextOf(signals: Signals): (() => Promise<string>) | undefined {
  const { expose } = signals as Signals & { expose?: () => Promise<string> }
  return expose
}
