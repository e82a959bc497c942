import { memoryStorage } from '@quire/editor/storage.ts'
import { expect, it } from 'vitest'
import { createTokenStore, takeToken } from './token.ts'

it('is kept until it is taken away', () => {
  const tokens = createTokenStore(memoryStorage())
  expect(tokens.get()).toBeNull()
  tokens.set('eyJ')
  expect(tokens.get()).toBe('eyJ')
  tokens.set(null)
  expect(tokens.get()).toBeNull()
})

it.each([
  ['#token=eyJ.a-b_c', 'eyJ.a-b_c'],
  ['#token=a%2Bb', 'a+b'],
])('is taken from %s, of which nothing is left', (hash, token) => {
  expect(takeToken(hash)).toEqual({ token, hash: '' })
})

it.each(['', '#', '#/documents', '#token=', '#/documents/token=1'])('is none in %j', (hash) => {
  expect(takeToken(hash)).toBeNull()
})
