import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { ChartLibrary } from './report-page.ts'

/** uPlot as it lies in the package: the page carries it along, so that it needs no network. */
export function readChartLibrary(): ChartLibrary {
  const { resolve } = createRequire(import.meta.url)
  const text = (file: string) => readFileSync(resolve(`uplot/dist/${file}`), 'utf8')
  return { script: text('uPlot.iife.min.js'), style: text('uPlot.min.css') }
}
