import { describe, expect, it } from 'vitest'
import type { StoreProblem } from './store.ts'
import { ManualClock, settled } from './testing/manual-clock.ts'
import { Work, type Job } from './work.ts'

const problem = (kind: StoreProblem['kind']): StoreProblem => ({ kind, message: kind })

/** Work with a list of jobs, and all that is told. */
const working = () => {
  const clock = new ManualClock()
  const jobs: Job[] = []
  const told: (string | null)[] = []
  let idles = 0
  const work = new Work({
    clock,
    next: () => jobs.shift() ?? null,
    onProblem: (one) => told.push(one?.kind ?? null),
    onIdle: () => void idles++,
  })
  return { clock, jobs, told, work, idles: () => idles }
}

describe('work', () => {
  it('does one job after the other, those given meanwhile as well', async () => {
    const { jobs, work, told, idles } = working()
    const done: string[] = []
    const job =
      (name: string, more: readonly Job[] = []): Job =>
      async () => {
        done.push(`${name} begins`)
        await Promise.resolve()
        jobs.push(...more)
        done.push(`${name} ends`)
        return 'done'
      }
    work.wake()
    jobs.push(job('a', [job('c')]), job('b'))
    work.wake()
    await settled()
    expect(done).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
    expect([idles(), told, work.problem]).toEqual([1, [], null])
  })

  it('tries again, ever more seldom, until it works', async () => {
    const { clock, jobs, told, work } = working()
    const times: number[] = []
    const fail: Job = async () => {
      times.push(clock.now())
      jobs.unshift(times.length < 10 ? fail : async () => 'done')
      return problem('io')
    }
    jobs.push(fail)
    work.wake()
    await settled()
    expect([told, work.problem?.kind]).toEqual([['io'], 'io'])
    await clock.advance(600_000)
    const pauses = times.slice(1).map((time, i) => (time - (times[i] ?? 0)) / 1000)
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
    expect([told.at(-1), work.problem]).toEqual([null, null])
  })

  it('tries at once for one who waits', async () => {
    const { clock, jobs, told, work } = working()
    jobs.push(async () => problem('quota'))
    work.wake()
    await settled()
    jobs.push(async () => 'done')
    work.wake()
    await settled()
    expect(jobs).toHaveLength(1)
    work.retry()
    await settled()
    expect([jobs.length, told]).toEqual([0, ['quota', null]])
    await clock.advance(10_000) // the retry that was planned is not any more
    expect(told).toEqual(['quota', null])
  })

  it('is not said to work again by a job whose failure is its own matter', async () => {
    const { clock, jobs, told, work } = working()
    jobs.push(
      async () => 'undone',
      async () => problem('quota'),
      async () => 'undone',
      async () => problem('quota'),
    )
    work.wake()
    await clock.advance(1_500)
    expect([told, jobs.length]).toEqual([['quota', 'quota'], 0])
  })

  it('works again if others have done what failed here', async () => {
    const { clock, jobs, told, work } = working()
    jobs.push(async () => problem('quota'))
    work.wake()
    await clock.advance(10_000)
    expect([told, work.problem]).toEqual([['quota', null], null])
  })

  it.each(['newer', 'broken', 'cleared'] as const)(
    'ends with what cannot pass: %s',
    async (kind) => {
      const { clock, jobs, told, work } = working()
      jobs.push(async () => problem(kind))
      work.wake()
      await settled()
      jobs.push(async () => 'done')
      work.wake()
      work.retry()
      work.end(problem('io'))
      await clock.advance(600_000)
      expect([told, work.isOver, work.problem?.kind, jobs.length]).toEqual([[kind], true, kind, 1])
    },
  )

  it('stops behind the job under way', async () => {
    const { jobs, work } = working()
    const finished = Promise.withResolvers<'done'>()
    jobs.push(
      () => finished.promise,
      async () => 'done',
    )
    work.wake()
    await settled()
    let isStopped = false
    const stopping = work.stop().then(() => (isStopped = true))
    await settled()
    expect(isStopped).toBe(false)
    finished.resolve('done')
    await stopping
    work.wake()
    await settled()
    expect([jobs.length, work.isOver]).toEqual([1, true])
  })
})
