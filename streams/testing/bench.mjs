/** `npm run bench -- NAME`: a benchmark belongs to the part that it measures. Needs tsx and `--conditions=source`. */
const PROGRAMS = {
  train: '../../trainer/bench/process-train.ts',
  score: '../../trainer/loop/bench/process-score.ts',
  retrain: '../../trainer/loop/bench/process-score.ts',
  skew: '../../trainer/loop/bench/process-score.ts',
  generic: '../../trainer/loop/bench/process-score.ts',
  swaps: '../../trainer/loop/bench/process-swaps.ts',
  joiner: '../../trainer/joiner/bench/process-joiner.ts',
  entities: '../../feature-store/bench/process-entities.ts',
  reads: '../../feature-store/bench/process-reads.ts',
  replay: '../../feature-store/bench/process-replay-bench.ts',
}

await import(PROGRAMS[process.argv[2]] ?? '../../feature-store/bench/process-bench.ts')
