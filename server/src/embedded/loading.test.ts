import { err, ok, type Result } from '@quire/shared'
import { expect, it } from 'vitest'
import { openAuth } from '../auth/open.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { authAfter, Loading } from './loading.ts'

it('lets nobody in before it was read, and reads once', async () => {
  const reading = Promise.withResolvers<Result<void, string>>()
  let readings = 0
  const loading = new Loading(() => {
    readings++
    return reading.promise
  })
  const auth = authAfter(loading, openAuth)
  const heard: boolean[] = []
  const logins = [1, 2].map(async () => {
    heard.push((await auth.authorize({ document: nameOf('notes'), token: null })).ok)
  })
  await Promise.resolve()
  expect(heard).toEqual([])
  reading.resolve(ok(undefined))
  await Promise.all(logins)
  expect([heard, readings]).toEqual([[true, true], 1])
})

it('tells clients to come back where it could not be read, and reads again for the next one', async () => {
  const answers = [err('the disk is away'), ok(undefined)]
  const loading = new Loading(() => Promise.resolve(answers.shift() ?? err('asked too often')))
  const auth = authAfter(loading, openAuth)
  expect(await auth.authorizeAll({ prefix: '', token: null })).toEqual(
    err({ kind: 'tryAgainLater', message: 'the disk is away' }),
  )
  expect((await auth.authorizeAll({ prefix: '', token: null })).ok).toBe(true)
  expect((await loading.done()).ok).toBe(true)
})
