import { bestBorder } from './border-split.ts'
import { bestCategories } from './category-split.ts'
import type { ColumnBins } from './column-bins.ts'
import type { ColumnRule } from './columns.ts'
import type { Histograms } from './histograms.ts'
import { gainToBeat, type Split, type SplitLeaf, type SplitTerms } from './split.ts'

/** The best split of a leaf whose histogram lies in a slot; undefined: none is worth it. Equal gains: the first column. */
export type FindSplit = (leaf: SplitLeaf, slot: number, columns: Iterable<number>) => Split | undefined

export function createSplitFinder(
  histograms: Histograms,
  {
    columnBins,
    rules,
    terms,
  }: { columnBins: readonly ColumnBins[]; rules: readonly ColumnRule[]; terms: SplitTerms },
): FindSplit {
  return (leaf, slot, columns) => {
    const toBeat = gainToBeat(leaf, terms)
    let best: Split | undefined
    for (const column of columns) {
      const bins = columnBins[column]!
      const at = histograms.cellsAt(slot, column)
      const histogram = { column, cells: histograms.cells, at, bins, rule: rules[column]! }
      const find = bins.kind === 'borders' ? bestBorder : bestCategories
      best = find(histogram, leaf, terms, best?.gain ?? toBeat) ?? best
    }
    return best === undefined ? undefined : { ...best, gain: best.gain - toBeat }
  }
}
