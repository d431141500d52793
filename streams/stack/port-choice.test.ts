import { expect, test } from 'vitest'
import { PortTakenError } from './errors.ts'
import { choosePort, type PortProbe } from './port-choice.ts'

function probe(taken: number[], free: number[]): PortProbe {
  return {
    isFree: (port) => Promise.resolve(!taken.includes(port)),
    anyFree: () => Promise.resolve(free.shift() ?? 1),
  }
}
const none = new Set<number>()

test('takes the first preferred port that is free', async () => {
  const wishes = { service: 'kafka', preferred: [9092, 9094], excluded: none } as const
  await expect(choosePort({ ...wishes, preferred: [9092, 9094] }, probe([], []))).resolves.toBe(9092)
  await expect(choosePort({ ...wishes, preferred: [9092, 9094] }, probe([9092], []))).resolves.toBe(9094)
})

test('takes any free port when the preferred ones are taken or promised', async () => {
  const wishes = { service: 'redis' as const, preferred: [6379], excluded: new Set([50_000]) }
  await expect(choosePort(wishes, probe([6379], [50_000, 50_001]))).resolves.toBe(50_001)
  await expect(choosePort({ ...wishes, excluded: new Set([6379]) }, probe([], [50_002]))).resolves.toBe(
    50_002,
  )
})

test('a port that was asked for is that port or an error that names it', async () => {
  const wishes = { service: 'registry' as const, asked: 8081, preferred: [8085], excluded: none }
  await expect(choosePort(wishes, probe([], []))).resolves.toBe(8081)
  const refused = choosePort(wishes, probe([8081], []))
  await expect(refused).rejects.toThrow(PortTakenError)
  await expect(refused).rejects.toThrow('8081')
})

test('gives up when the system offers only promised ports', async () => {
  const wishes = { service: 'kafka' as const, preferred: [], excluded: new Set([1]) }
  await expect(choosePort(wishes, probe([], []))).rejects.toThrow(PortTakenError)
})
