import { expect, it } from 'vitest'
import { feedSchema } from './feed.ts'

const messages = (trainer: object, features: object = {}) => {
  const parsed = feedSchema.safeParse({ trainer, features })
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}
const labels = (positive: string[], shown = ['view']) => ({ labels: { click: { positive, shown } } })

it('refuses a label of a type that nobody declared, and says where and what there is', () => {
  expect(messages(labels(['clik']))).toEqual([
    expect.stringMatching(
      /^trainer\.labels\.click\.positive\.0: clik is not declared \(view, click, like, hide, shown\): correct it/,
    ),
  ])
  expect(messages(labels(['click'], ['seen']))).toHaveLength(1)
  expect(messages(labels(['click'], ['view', 'veiw']))).toHaveLength(1)
})

it('takes interaction types, and those that only outcomes tell', () => {
  expect(messages({})).toEqual([])
  expect(messages({ ...labels(['dwell']), outcomeTypes: ['dwell'] })).toEqual([])
  expect(messages({ labels: { click: { positive: ['click'] } } })).toEqual([])
})
