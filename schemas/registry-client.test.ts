import { expect, it } from 'vitest'
import { registrySettingsOf } from './registry-client.ts'

it('takes user and password out of the address, and the last slash', () => {
  expect(registrySettingsOf({ url: 'http://r:1/apis/ccompat/v7/' })).toEqual({
    host: 'http://r:1/apis/ccompat/v7',
  })
  expect(registrySettingsOf({ url: 'https://some%40one:p%3Aw@r:1/x' })).toEqual({
    host: 'https://r:1/x',
    auth: { username: 'some@one', password: 'p:w' },
  })
  expect(() => registrySettingsOf({ url: 'no address' })).toThrow(
    'schema registry address "no address" is no URL',
  )
})
