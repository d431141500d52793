import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SuiteError } from './errors.ts'
import { type OpenedExpectation, openSuite, type Suite } from './suite.ts'

/** A suite beside the data is taken when none is named. */
const SUITE_FILE = 'suite.json'
const MAP_FILE = 'map.json'

/** @throws SuiteError when it cannot be read */
export function readSuite(path: string): { suite: Suite; expectations: OpenedExpectation[] } {
  return openSuite(readJson(path), path)
}

const folderOf = (data: string) => (statSync(data).isDirectory() ? data : dirname(data))

/** The suite that lies beside the data; undefined: there is none. */
export function suiteBeside(data: string): string | undefined {
  const path = join(folderOf(data), SUITE_FILE)
  return existsSync(path) ? path : undefined
}

export interface DataHints {
  label?: string
  /** Known after the label only. */
  outcomes: string[]
}

/** What the map of a data set (`backtest --map`) says of its label. */
export function hintsBeside(data: string): DataHints {
  const path = join(folderOf(data), MAP_FILE)
  if (!existsSync(path)) return { outcomes: [] }
  const map = readJson(path) as { label?: unknown; value?: unknown; ignore?: unknown } | null
  const outcomes = [map?.value, map?.ignore].flat().filter((name): name is string => typeof name === 'string')
  return { outcomes, ...(typeof map?.label === 'string' ? { label: map.label } : {}) }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SuiteError(path, `cannot be read as JSON: ${why}`, { cause })
  }
}
