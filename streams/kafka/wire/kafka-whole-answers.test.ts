import fc from 'fast-check'
import { expect, it } from 'vitest'
import { wholeAnswers } from './kafka-whole-answers.ts'

const framed = (body: Uint8Array): Buffer => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...cuts].map((from, n) => bytes.subarray(from, cuts[n] ?? bytes.length))
}

it('gives whole answers and nothing of the one under way, however they are cut', () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 6 })
  fc.assert(
    fc.property(bodies, fc.array(fc.nat(300)), fc.nat(40), (some, places, left) => {
      const whole = Buffer.concat(some.map(framed))
      const underWay = framed(new Uint8Array(40)).subarray(0, left)
      const given: Buffer[] = []
      const take = wholeAnswers((bytes) => given.push(bytes))
      for (const chunk of cutAt(Buffer.concat([whole, underWay]), places)) take(chunk)
      expect(Buffer.concat(given).equals(whole)).toBe(true)
    }),
  )
})
