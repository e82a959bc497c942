import { expect, it } from 'vitest'
import { createAsking } from './asking.ts'

/** A server whose answers come when they are let. */
const server = () => {
  const asked: { signal: AbortSignal; answer: (text: string) => void; fail: () => void }[] = []
  const ask = (signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      asked.push({ signal, answer: resolve, fail: () => reject(new Error('It fails.')) })
      signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
  return { asked, ask }
}

it('asks for one answer at a time, however often it is polled', async () => {
  const { asked, ask } = server()
  const asking = createAsking(ask)
  const first = asking.poll()
  await asking.poll()
  await asking.poll()
  expect(asked).toHaveLength(1)
  asked[0]?.answer('one')
  await first
  expect(asking.getSnapshot()).toEqual({ value: 'one', problem: null })
  void asking.poll()
  expect(asked).toHaveLength(2)
})

it('takes no answer that was on its way before it was asked anew', async () => {
  const { asked, ask } = server()
  const asking = createAsking(ask)
  const before = asking.poll()
  const after = asking.again()
  expect(asked[0]?.signal.aborted).toBe(true)
  await before
  expect(asking.getSnapshot()).toEqual({ value: undefined, problem: null })
  asked[1]?.answer('new')
  await after
  expect(asking.getSnapshot().value).toBe('new')
})

it('keeps the last answer where the next one fails, and says so', async () => {
  const { asked, ask } = server()
  const asking = createAsking(ask)
  const good = asking.poll()
  asked[0]?.answer('one')
  await good
  const bad = asking.poll()
  asked[1]?.fail()
  await bad
  expect(asking.getSnapshot()).toEqual({ value: 'one', problem: 'It fails.' })
})

it('gives up an answer that does not come, and asks again', async () => {
  const { asked, ask } = server()
  const asking = createAsking(ask, 1)
  await asking.poll()
  expect(asking.getSnapshot().problem).toBe('The server does not answer.')
  void asking.poll()
  expect(asked).toHaveLength(2)
})

it('tells nothing after it was stopped', async () => {
  const { asked, ask } = server()
  const asking = createAsking(ask)
  const polled = asking.poll()
  asking.stop()
  expect(asked[0]?.signal.aborted).toBe(true)
  await polled
  expect(asking.getSnapshot()).toEqual({ value: undefined, problem: null })
})
