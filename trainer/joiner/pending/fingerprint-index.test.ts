import { expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { createFingerprintIndex, FINGERPRINT } from './fingerprint-index.ts'
import { fingerprintOf } from './fingerprint.ts'
import { createNumberTable } from './number-table.ts'

it('finds what is there and nothing else, however rows come and go', () => {
  const table = createNumberTable(FINGERPRINT)
  const index = createFingerprintIndex(table)
  const rows = new Map<string, number>()
  const chance = createChance(24)
  for (let step = 0; step < 60_000; step++) {
    const id = `request-${String(Math.floor(chance() * 5_000))}`
    const row = rows.get(id)
    if (index.find(fingerprintOf(id)) !== (row ?? 0)) expect(id).toBe('found')
    // It grows to thousands, then shrinks to a few.
    const isGrowing = step < 40_000
    if (row === undefined && (isGrowing || chance() < 0.1)) {
      rows.set(id, table.add())
      index.add(rows.get(id)!, fingerprintOf(id))
    } else if (row !== undefined && (!isGrowing || chance() < 0.2)) {
      index.remove(row)
      table.free(row)
      rows.delete(id)
    }
  }
  for (const [id, row] of rows) expect(index.find(fingerprintOf(id))).toBe(row)
  expect(table.count).toBe(rows.size)
})

it('tells ids apart that meet at one place', () => {
  const table = createNumberTable(FINGERPRINT)
  const index = createFingerprintIndex(table)
  const alike = [1, 2, 3, 4].map((last) => [7, 7, 7, last] as const)
  const rows = alike.map((one) => {
    const row = table.add()
    index.add(row, one)
    return row
  })
  index.remove(rows[1]!)
  expect(alike.map((one) => index.find(one))).toEqual([rows[0], 0, rows[2], rows[3]])
})
