import { table } from '#streams'
import { intervalText } from '../backtest/backtest-text.ts'
import type { Evaluation } from './evaluation.ts'

const TAGS_SHOWN_MAX = 8

/** The evaluation for the terminal. */
export function evaluationText(evaluation: Evaluation): string {
  const { runId, dataset, feasibility, quality, headRoom, older, bottlenecks, next } = evaluation
  return [
    `${runId}, ${dataset}`,
    feasibility.sentence,
    '',
    table(
      ['who', 'entropy', 'the model less it', 'AUC', 'F1'],
      [
        [evaluation.learner, ...figures(quality.test, '')],
        ...quality.baselines.map(({ name, test, model }) => [
          name,
          ...figures(test, intervalText(model.normalizedEntropy)),
        ]),
        ...(older === null || older.older === null
          ? []
          : [
              [
                older.runId,
                ...figures(older.older, intervalText(older.difference?.normalizedEntropy ?? null)),
              ],
            ]),
      ],
    ),
    ...(older === null ? [] : ['', `${older.runId}: ${older.sentence}`]),
    '',
    ...tagLines(headRoom),
    evaluation.drift.sentence,
    evaluation.value.sentence,
    ...evaluation.scaling.sentences,
    `time: ${bottlenecks.map(({ phase, seconds, share }) => `${phase} ${seconds.toFixed(1)} s (${percent(share)})`).join(', ')}`,
    '',
    'what to do next:',
    ...next.map((step, at) => `${String(at + 1)}. ${step}`),
    '',
  ].join('\n')
}

const figures = (
  { normalizedEntropy, auc, f1 }: Evaluation['quality']['test'],
  against: string,
): string[] => [fixed(normalizedEntropy), against, fixed(auc), fixed(f1)]

function tagLines(headRoom: Evaluation['headRoom']): string[] {
  const told = headRoom.filter(({ gainAtMean }) => gainAtMean > 0).slice(0, TAGS_SHOWN_MAX)
  if (told.length === 0) return []
  return [
    'head-room: what of the whole log-loss would be saved if the tag were as good as the mean, or the best of its slice:',
    '',
    table(
      ['tag', 'share', 'positive', 'entropy', 'at the mean', 'at the best', 'F1'],
      told.map(
        ({
          slice,
          value,
          share,
          positives,
          normalizedEntropy,
          gainShare,
          gainAtBest,
          gainAtMean,
          f1Gain,
        }) => [
          `${slice}: ${value}`,
          percent(share),
          String(positives),
          fixed(normalizedEntropy),
          percent(gainShare),
          percent((gainShare * gainAtBest) / gainAtMean),
          f1Gain === null ? '-' : signed(f1Gain),
        ],
      ),
    ),
    '',
  ]
}

const fixed = (value: number | null) => (value === null ? '-' : value.toFixed(4))
const percent = (share: number) => `${(100 * share).toFixed(1)} %`
const signed = (value: number) => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4)}`
