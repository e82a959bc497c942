import { expect, it } from 'vitest'
import { watchKeys } from './keys-watch.ts'

it('says that keys cannot be read, from the failure until they can, and to nobody from where', () => {
  const keys = watchKeys()
  expect(keys.problem()).toBeNull()
  keys.event({ kind: 'keys-failed', problem: 'https://login.example.org answered 500, not 200' })
  keys.event({ kind: 'drained', left: 0 })
  expect(keys.problem()).toContain('keys of logins cannot be read')
  expect(keys.problem()).not.toContain('login.example.org')
  keys.event({ kind: 'keys-recovered' })
  expect(keys.problem()).toBeNull()
})
