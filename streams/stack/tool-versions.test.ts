import { expect, test } from 'vitest'
import { isAtLeast, javaMajorOf, redisVersionOf } from './tool-versions.ts'

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_392"', 8],
  ['openjdk version "21" 2023-09-19', 21],
  ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "25-ea" 2025-09-16', 25],
  ['command not found', undefined],
])('%s', (output, major) => {
  expect(javaMajorOf(output)).toBe(major)
})

test('redis-server --version', () => {
  expect(redisVersionOf('Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1')).toBe(
    '7.0.15',
  )
  expect(redisVersionOf('something else')).toBeUndefined()
})

test.each([
  ['6.2.0', '6.2', true],
  ['7.0.15', '6.2', true],
  ['6.0.16', '6.2', false],
  ['10.0.0', '6.2', true],
])('%s is at least %s: %s', (found, least, answer) => {
  expect(isAtLeast(found, least)).toBe(answer)
})
