/** What the page's words mean, for who meets them the first time. */
export const WORDS: readonly (readonly [word: string, meaning: string])[] = [
  [
    'Entropy (normalized)',
    'How unsure the model still is: 1 is as unsure as always saying the mean, 0 is knowing. 0.9 means that a tenth of the uncertainty is gone. For clicks 0.8 is already much.',
  ],
  [
    'AUC',
    'Take one row with and one without success: how often the one with success has the higher score. 0.5 is chance, 1 always. Per list: within each list that was shown.',
  ],
  ['Calibration', 'The mean score over what happened. 1 is right, 1.2 says a fifth too much.'],
  [
    'Precision, recall, F1',
    'Of the yes, how many were right; of the successes, how many were found; and the two in one figure.',
  ],
  [
    'Accuracy',
    'How many answers were right. Where success is rare, always saying no is right nearly always: look at the others.',
  ],
  ['PSI', 'How far the values of a column have moved: from 0.1 on somewhat, from 0.25 on a lot.'],
  [
    'Base rate, item’s rate',
    'What needs no model: always saying the mean, or the mean of the item so far. A model must beat both.',
  ],
]
