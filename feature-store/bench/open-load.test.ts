import { expect, it } from 'vitest'
import { sentOf } from './open-load.ts'
import { WORKLOAD } from './workload.ts'

it('knows what was sent by offset, whatever was in the topic before', () => {
  const workload = { ...WORKLOAD, interactions: 400, users: 50, items: 9 }
  const all = sentOf(workload, new Map())
  const momentsFrom = (from: number) => {
    const moments = new Map<number, number[]>()
    for (const [n, { partition }] of all.slice(from).entries())
      moments.set(partition, [...(moments.get(partition) ?? []), n])
    return moments
  }
  expect(sentOf(workload, momentsFrom(0)).map(({ intendedMs }) => intendedMs)).toEqual([...all.keys()])
  const later = sentOf(workload, momentsFrom(150), 150)
  expect(later.map(({ intendedMs }) => intendedMs)).toEqual([...Array(250).keys()])
  const placeOf = ({ partition, offset }: (typeof all)[number]) => `${String(partition)}/${String(offset)}`
  expect(later.map(placeOf)).toEqual(all.slice(150).map(placeOf))
})
