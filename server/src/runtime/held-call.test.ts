import { expect, it } from 'vitest'
import { holdCall } from './held-call.ts'

it('calls before there is what they call are made up for once, and later ones come through', () => {
  const { call, found } = holdCall()
  let calls = 0
  call()
  call()
  found(() => calls++)
  expect(calls).toBe(1)
  call()
  expect(calls).toBe(2)
})

it('nothing is called that nobody has called', () => {
  let calls = 0
  holdCall().found(() => calls++)
  expect(calls).toBe(0)
})
