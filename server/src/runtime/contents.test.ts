import { ok } from '@quire/shared'
import { expect, it } from 'vitest'
import { createContent } from '../content/threaded.ts'
import { Contents } from './contents.ts'
import { systemClock } from './system-clock.ts'
import { WholeDocuments } from './whole-documents.ts'

const clock = systemClock

const contents = (): Contents => {
  const content = createContent(clock, { collectGarbage: true })
  const observe = { event: () => undefined }
  const wholes = new WholeDocuments({ content, clock, observe, limitBytes: 1_000_000 })
  return new Contents(wholes, content, 1_000_000)
}

const from = (addressGroup: string) => ({ client: { address: '', addressGroup } })

/** A job that ends when it is told to, and says when it has begun. */
const heldJob = () => {
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const job = async () => {
    begun.resolve()
    await end.promise
    return ok('done')
  }
  return { job, begun: begun.promise, end: () => end.resolve() }
}

it('begins no job for whom nobody waits by its turn, and no address holds up another for more than one', async () => {
  const both = contents()
  const ahead = [heldJob(), heldJob()]
  const running = ahead.map(({ job }) => both.work(from('a'), job))
  await Promise.all(ahead.map(({ begun }) => begun))
  const order: string[] = []
  const note = (name: string) => () => {
    order.push(name)
    return Promise.resolve(ok(name))
  }
  let isThere = true
  const waiting = [
    both.work(from('a'), note('a gone'), () => isThere),
    ...['a 1', 'a 2', 'a 3'].map((name) => both.work(from('a'), note(name))),
    both.work(from('b'), note('b 1')),
  ]
  isThere = false
  ahead[0]?.end()
  const [gone] = await Promise.all(waiting)
  expect(gone).toEqual({ ok: false, error: { kind: 'closed', message: 'nobody waits' } })
  expect(order).toEqual(['b 1', 'a 1', 'a 2', 'a 3'])
  ahead[1]?.end()
  await Promise.all(running)
})
