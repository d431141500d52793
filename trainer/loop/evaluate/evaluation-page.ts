import { escapedHtml as escaped, fixedText as fixed, htmlTable as table, PAGE_STYLE } from '#streams'
import { intervalText } from '../backtest/backtest-text.ts'
import type { Evaluation } from './evaluation.ts'
import { evaluationCharts } from './evaluation-charts.ts'
import { EVALUATION_STYLE } from './evaluation-style.ts'
import { count, listed, lines, percent, section } from './page-parts.ts'
import { WORDS } from './words.ts'

const MOODS = { works: 'good', unclear: 'open', 'too few': 'open', worse: 'bad' } as const

/** The evaluation as one page for everybody, which needs nothing else: no network, no script, no other file. */
export function evaluationPage(evaluation: Evaluation): string {
  const { dataset, label, learner, feasibility, runId, trainedAtMs, next, value, data } = evaluation
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const mood = evaluation.leaks.length > 0 ? 'bad' : MOODS[feasibility.verdict]
  const charts = evaluationCharts(evaluation)
  const leak =
    evaluation.leaks.length === 0
      ? ''
      : `<p>But ${escaped(evaluation.leaks[0]!.column)} knows the answer beforehand: see the first of what to do next.</p>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Model report: ${escaped(dataset)}</title>
<style>${PAGE_STYLE}${EVALUATION_STYLE}</style>
</head>
<body>
<main>
<h1>Model report: ${escaped(dataset)}</h1>
<p class="facts">${escaped(`Will there be a ${label}? A ${learner} model, trained ${day(trainedAtMs)} on ${count(data.split.train.rows)} shown items of ${day(data.fromMs)} to ${day(data.split.train.toMs)}, judged on ${count(feasibility.testRows)} later ones until ${day(data.toMs)}. Run ${runId}.`)}</p>
<section class="verdict ${mood}"><p>${escaped(feasibility.sentence)}</p>${leak}</section>
${cards(evaluation)}
${section('What to do next', next.length === 0 ? '<p>Nothing stands out.</p>' : listed(next, 'ol'))}
${section('What it is worth', `<p>${escaped(value.sentence)}</p>${value.requestsPerArm === null ? '' : `<p>${escaped(`A test on live traffic shows this difference in four of five tries with ${count(value.requestsPerArm)} decisions in each arm.`)}</p>`}<p>Assumed:</p>${listed(value.assumptions, 'ul')}`)}
${section('How good it is', qualityOf(evaluation))}
<div class="two">
${section('Are its numbers true?', `${charts.true}<p>On the dashed line a score is exactly how often it came true.</p>${calibrationOf(evaluation)}`)}
${section('Does it last?', `${charts.time}<p>Below the dashed line the model is better than always saying the mean.</p>`)}
${section('Found against false alarms (ROC)', charts.roc)}
${section('Right against found (precision and recall)', charts.precision)}
</div>
${section('Where it is weak, and what fixing would gain', headRoomOf(evaluation))}
${evaluation.older === null ? '' : section('Against the older model', olderOf(evaluation))}
${section('Can the data carry this?', feasibilityTable(evaluation))}
<div class="two">
${section('What changed between the halves', driftOf(evaluation))}
${section('What the model looks at', importanceBars(evaluation))}
</div>
${section('Labels', auditOf(evaluation))}
${section('Time and scale', scaleOf(evaluation))}
${section('Words', `<dl>${WORDS.map(([word, meaning]) => `<dt>${word}</dt><dd>${meaning}</dd>`).join('')}</dl>`)}
</main>
</body>
</html>
`
}

function calibrationOf({ quality: { calibration } }: Evaluation): string {
  const { kind, before, after } = calibration
  if (kind === 'identity') return lines([calibration.sentence])
  return lines([
    `The other line: the model's own answers, before they are corrected (${calibration.calibrationId}). ${calibration.sentence}`,
    `Mean score over what came: ${fixed(before.calibration, 3)} before, ${fixed(after.calibration, 3)} after (1 is right). Mean distance from the truth: ${fixed(before.ece, 4)} before, ${fixed(after.ece, 4)} after; chance alone shows ${fixed(after.eceNoiseFloor, 4)}.`,
  ])
}

function cards({ quality: { test }, label, value, feasibility }: Evaluation): string {
  const { gained, perDay, moneyPerDay } = value
  const per = perDay === null ? 'per 1,000 decisions' : 'a day'
  const estimate = moneyPerDay ?? perDay ?? gained
  const what = moneyPerDay === null ? `${label}s` : 'money'
  const gain = [
    estimate === null ? '-' : rounded(estimate.value),
    `more ${what} ${per}, estimated`,
    estimate === null ? '' : `${rounded(estimate.low)} to ${rounded(estimate.high)}`,
  ]
  const removed = test.normalizedEntropy === null ? '-' : percent(1 - test.normalizedEntropy)
  const told = [
    [removed, 'of the uncertainty is gone (0 %: no better than the mean)'],
    [
      test.auc === null ? '-' : `${(100 * test.auc).toFixed(0)} of 100`,
      `pairs: the ${label} has the higher score (50 by chance)`,
    ],
    [percent(feasibility.baseRate), `of the shown items got a ${label}`],
    gain,
  ]
  return `<div class="cards">${told.map(([figure, of, range = '']) => `<div><b>${escaped(figure!)}</b><span>${escaped(of!)}</span> <i>${escaped(range)}</i></div>`).join('')}</div>`
}

function qualityOf({ quality, learner, label, older }: Evaluation): string {
  const { test, train, baselines, threshold, confusion } = quality
  const row = (who: string, of: typeof test, against: string, isQuiet: boolean) => ({
    cells: [
      who,
      fixed(of.normalizedEntropy, 4),
      against,
      fixed(of.auc, 4),
      fixed(of.groupedAuc, 4),
      fixed(of.calibration, 3),
      fixed(of.accuracy, 3),
      fixed(of.precision, 3),
      fixed(of.recall, 3),
      fixed(of.f1, 3),
    ],
    isQuiet,
  })
  const head = [
    '',
    'entropy',
    'model less it',
    'AUC',
    'per list',
    'calibration',
    'accuracy',
    'precision',
    'recall',
    'F1',
  ]
  const { truePositives, falsePositives, falseNegatives, trueNegatives } = confusion
  const yes = truePositives + falsePositives
  const cost = threshold.costsGiven
    ? `a false yes costs ${String(threshold.costs.falsePositive)} and a missed ${label} ${String(threshold.costs.falseNegative)}`
    : `a missed ${label} is taken to cost as much as ${threshold.costs.falseNegative.toFixed(1)} false alarms, since costs were not given (--cost-fp, --cost-fn)`
  return `${table(head, [
    row(`${learner}, on what came later`, test, '', false),
    ...baselines.map(({ name, test: own, model }) =>
      row(name, own, intervalText(model.normalizedEntropy), true),
    ),
    ...(older === null || older.older === null
      ? []
      : [row(older.runId, older.older, intervalText(older.difference?.normalizedEntropy ?? null), true)]),
    row(`${learner}, on what it learned from`, train, '', true),
  ])}${lines([
    `Brackets: 95 of 100 cases, had other users come. Lower entropy is better; calibration should be 1; of the rest more is better.`,
    `It says yes from a score of ${threshold.threshold.toFixed(4)} on, the cheapest on rows before the test: ${cost}.`,
    `Then ${count(truePositives)} of ${count(truePositives + falseNegatives)} ${label}s are found, and of ${count(yes)} yes ${count(truePositives)} are right; ${count(trueNegatives)} of ${count(trueNegatives + falsePositives)} others are let go.`,
  ])}`
}

const rounded = (value: number) =>
  value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 })

const TAGS_SHOWN_MAX = 12

function headRoomOf({ headRoom }: Evaluation): string {
  const told = headRoom.filter(({ gainAtMean }) => gainAtMean > 0).slice(0, TAGS_SHOWN_MAX)
  if (told.length === 0)
    return '<p>No part of the rows that is large enough to be judged by itself is worse than the mean.</p>'
  const rows = told.map((tag) => ({
    cells: [
      `${tag.slice}: ${tag.value}`,
      percent(tag.share),
      count(tag.positives),
      fixed(tag.normalizedEntropy, 3),
      percent(tag.gainShare),
      percent((tag.gainShare * tag.gainAtBest) / tag.gainAtMean),
      tag.f1Gain === null ? '-' : `${tag.f1Gain < 0 ? '-' : '+'}${Math.abs(tag.f1Gain).toFixed(3)}`,
      tag.reason,
    ],
    isQuiet: tag.positives < 30,
  }))
  const head = [
    'part',
    'of the rows',
    'positives',
    'entropy',
    'gain at the mean',
    'at the best',
    'F1',
    'there',
  ]
  return `<div class="reasons">${table(head, rows)}</div>${lines([
    'Gain: how much of the loss over all rows would be gone if this part were as good as the mean of all, or as the best part of its kind. The first line gains most. Grey: fewer than 30 positives, which may be chance.',
  ])}`
}

function olderOf({ older }: Evaluation): string {
  const { runId, sentence, difference } = older!
  const entropy = difference?.normalizedEntropy ?? null
  const told =
    entropy === null
      ? 'Nothing can be compared.'
      : entropy.high < 0
        ? 'The new model is better, beyond chance.'
        : entropy.low > 0
          ? 'The older model is better, beyond chance.'
          : 'They cannot be told apart on these rows.'
  return lines([
    `${runId}: ${sentence}.`,
    `${told} ${entropy === null ? '' : `Entropy, the new one less the older: ${intervalText(entropy)}.`}`,
  ])
}

function feasibilityTable({ feasibility, data }: Evaluation): string {
  const { rows, positives, noiseFloor, testRowsForOnePercent, contradictoryShare } = feasibility
  const part = (name: string, { rows: of, positives: yes, users, items }: typeof data.split.train) => ({
    cells: [name, ...[of, yes, users, items].map(count)],
    isQuiet: false,
  })
  const { seen, unseen } = data.balance.testUsers
  return `${table(
    ['', 'shown items', 'positives', 'users', 'items'],
    [
      part('learned from', data.split.train),
      part('tuned on', data.split.validation),
      part('judged on', data.split.test),
    ],
  )}${lines([
    `${count(rows)} shown items, ${count(positives)} of them positive (${percent(positives / rows)}).`,
    noiseFloor === null
      ? 'What chance does to the figures cannot be said from these rows.'
      : `Differences in entropy below ${percent(noiseFloor)} are chance on these test rows; to see one of 1 % takes about ${count(testRowsForOnePercent!)} of them.`,
    `${count(seen)} of the test users were there in training, ${count(unseen)} are new.`,
    `${percent(contradictoryShare)} of the rows contradict another one.`,
    ...data.notes.map((note) => `Note: ${note}`),
  ])}`
}

function driftOf({ drift }: Evaluation): string {
  const rows = drift.columns.map(({ column, psi, isMajor }) => ({
    cells: [column, psi.toFixed(2), isMajor ? 'a lot' : 'somewhat'],
    isQuiet: !isMajor,
  }))
  return `<p>${escaped(drift.sentence)}</p>${rows.length === 0 ? '' : table(['column', 'moved (PSI)', ''], rows)}`
}

const IMPORTANCES_SHOWN_MAX = 12

function importanceBars({ importances }: Evaluation): string {
  const shown = importances.slice(0, IMPORTANCES_SHOWN_MAX).filter(({ logLoss }) => logLoss > 0)
  if (shown.length === 0) return '<p>No feature by itself changes what the model says.</p>'
  return `${bars(shown.map(({ feature, logLoss }) => ({ name: feature, value: logLoss, told: logLoss.toFixed(5) })))}<p>Loss that is added when the values of a feature are given to other rows.</p>`
}

function bars(of: readonly { name: string; value: number; told: string }[]): string {
  const most = Math.max(...of.map(({ value }) => value), Number.MIN_VALUE)
  return `<div class="bars">${of
    .map(
      ({ name, value, told }) =>
        `<span>${escaped(name)}</span><i style="width:${((100 * value) / most).toFixed(1)}%"></i><b>${told}</b>`,
    )
    .join('')}</div>`
}

function auditOf({ audit, leaks }: Evaluation): string {
  const { doubled, contradictory } = audit
  return `${lines([
    `${count(doubled.rows)} row(s) are there twice (counted once); ${count(contradictory.rows)} say another label than the row before of the same user, item and request (the first counts).`,
    ...(leaks.length === 0 ? ['No column of the features knows the label by itself.'] : []),
  ])}${
    leaks.length === 0
      ? ''
      : listed(
          leaks.map(({ column, auc }) => `${column} knows the label by itself (AUC ${auc.toFixed(3)})`),
          'ul',
        )
  }${contradictory.rows + doubled.rows === 0 ? '' : listed([...contradictory.first, ...doubled.first].slice(0, 10), 'ul')}`
}

function scaleOf({ bottlenecks, scaling }: Evaluation): string {
  const told = bottlenecks.map(({ phase, seconds, share }) => ({
    name: phase,
    value: seconds,
    told: `${seconds.toFixed(1)} s (${percent(share)})`,
  }))
  return `<p>Where the time of this training went:</p>${bars(told)}${listed(scaling.sentences, 'ul')}`
}
