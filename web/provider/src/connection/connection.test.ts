import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  dueAt,
  IDLE,
  remembers,
  OPEN_MS,
  stepConnection,
  type Connection,
  type ConnectionEffect,
  type ConnectionEvent,
} from './connection.ts'

const greeting = {
  revision: 1,
  beatMs: 10_000,
  messageBytes: 1_000,
  documents: 10,
  spreadMs: 0,
}
const START = 1_000_000

/** A connection, its clock, and what it has done. */
class Run {
  connection: Connection = IDLE
  now = START
  random = 0.5
  readonly effects: ConnectionEffect[] = []
  readonly #transports: number

  constructor(transports = 1) {
    this.#transports = transports
  }

  take(event: ConnectionEvent): this {
    const { now, random } = this
    const around = { now, random, transports: this.#transports }
    const { connection, effects } = stepConnection(this.connection, event, around)
    this.connection = connection
    this.effects.push(...effects)
    return this
  }

  /** Lets time pass, with the ticks that become due. */
  pass(ms: number): this {
    const until = this.now + ms
    for (let at = dueAt(this.connection); at !== null && at <= until; at = dueAt(this.connection)) {
      this.now = Math.max(this.now, at)
      const before = this.connection
      this.take({ kind: 'tick' })
      if (this.connection === before) break
    }
    this.now = until
    return this
  }

  /** Lets the pause pass. */
  comeBack(): this {
    return this.pass((dueAt(this.connection) ?? this.now) - this.now)
  }

  /** Lets time pass while the server is heard, until something. */
  listen(ms: number, isDone: () => boolean = () => false): this {
    for (let left = ms; left > 0 && !isDone(); left -= 250) {
      this.take({ kind: 'heard', spreadMs: null })
      this.pass(Math.min(left, 250))
    }
    return this
  }

  get probes(): number {
    return this.effects.filter(({ kind }) => kind === 'probe').length
  }

  get opened(): readonly number[] {
    return this.effects.flatMap((effect) => (effect.kind === 'open' ? [effect.transport] : []))
  }
}

const opened = (transports = 1): Run =>
  new Run(transports).take({ kind: 'wanted' }).take({ kind: 'greeted', greeting })
const ended: ConnectionEvent = { kind: 'ended', reason: 'cut' }
const farewell = (advice: 'stop' | 'retry', waitMs = 0): ConnectionEvent => ({
  kind: 'farewell',
  ending: { code: 1012, advice, waitMs, reason: 'bye' },
})

describe('a connection', () => {
  it('is opened when it is wanted, and given up when it is not', () => {
    const run = opened()
    expect(run.connection.kind).toBe('open')
    run.take({ kind: 'unwanted' })
    expect(run.connection.kind).toBe('idle')
    expect(run.effects.map(({ kind }) => kind)).toEqual(['open', 'drop'])
  })

  it('that is not greeted in time is given up, and tried again later', () => {
    const run = new Run().take({ kind: 'wanted' }).pass(OPEN_MS)
    expect(run.connection).toMatchObject({ kind: 'waiting', reason: 'no answer within 10000 ms' })
    expect(run.effects.map(({ kind }) => kind)).toEqual(['open', 'drop'])
    run.pass(60_000)
    expect(run.opened.length).toBeGreaterThan(1)
  })

  it('[P29] comes back within a part, at random, of a pause that doubles', () => {
    const pauses: number[] = []
    const run = new Run().take({ kind: 'wanted' })
    run.random = 1
    for (let i = 0; i < 8; i++) {
      run.take(ended)
      pauses.push((dueAt(run.connection) ?? 0) - run.now)
      run.pass(pauses.at(-1) ?? 0)
    }
    expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000])
    run.random = 0
    run.take(ended)
    expect((dueAt(run.connection) ?? 0) - run.now).toBe(100)
  })

  it('[P29] with many others comes back within their spread, as last told', () => {
    const run = opened().take({ kind: 'heard', spreadMs: 60_000 })
    run.pass(10_000)
    run.random = 0.5
    run.take(ended)
    expect((dueAt(run.connection) ?? 0) - run.now).toBe(30_000)
  })

  it('[P29] does not come back before the pause of a farewell, whatever wakes it', () => {
    const run = opened().take(farewell('retry', 5_000)).take({ kind: 'woken' })
    expect(run.connection.kind).toBe('waiting')
    run.pass(4_999)
    expect(run.opened).toHaveLength(1)
    run.pass(1)
    expect(run.opened).toHaveLength(2)
  })

  it('[P29] keeps to it also where nobody wants it for a while, and to the way that works', () => {
    const run = opened().take(farewell('retry', 5_000)).take({ kind: 'unwanted' })
    run.pass(1_000).take({ kind: 'wanted' }).take({ kind: 'woken' })
    expect(run.connection.kind).toBe('waiting')
    expect(run.pass(4_000).connection.kind).toBe('opening')
    const away = new Run(2).take({ kind: 'wanted' })
    for (let i = 0; i < 2; i++) away.take(ended).comeBack()
    away.take({ kind: 'greeted', greeting }).take({ kind: 'unwanted' })
    expect(remembers(away.connection, away.now)).toBe(true)
    expect(away.take({ kind: 'wanted' }).opened).toEqual([0, 0, 1, 1])
    expect(remembers(opened().take({ kind: 'unwanted' }).connection, 0)).toBe(false)
  })

  it('[P29] that is told to stop is refused for good, until nobody wants it any more', () => {
    const run = opened().take(farewell('stop')).take({ kind: 'woken' }).pass(10_000_000)
    expect(run.connection).toMatchObject({ kind: 'refused', code: 1012, reason: 'bye' })
    run.take({ kind: 'unwanted' }).take({ kind: 'wanted' })
    expect(run.connection.kind).toBe('opening')
  })

  it('[P28] is dead after three beats of silence', () => {
    const run = opened().pass(29_999)
    expect(run.connection.kind).toBe('open')
    run.take({ kind: 'heard', spreadMs: null }).pass(29_999)
    expect(run.connection.kind).toBe('open')
    run.pass(1)
    expect(run.connection).toMatchObject({ kind: 'waiting', reason: 'the server is silent' })
  })

  it('[P28] asks when the machine has woken up, and does not wait for long', () => {
    const run = opened().take({ kind: 'woken' }).take({ kind: 'woken' })
    expect(run.effects.map(({ kind }) => kind)).toEqual(['open', 'ping'])
    run.pass(4_999)
    expect(run.connection.kind).toBe('open')
    run.pass(1)
    expect(run.connection.kind).toBe('waiting')
    const answered = opened().take({ kind: 'woken' }).take({ kind: 'heard', spreadMs: 1 })
    expect(answered.pass(20_000).connection.kind).toBe('open')
  })

  it('after an hour of sleep it is given up at the first tick, and not before one if the clock is set back', () => {
    const slept = opened()
    slept.now += 3_600_000
    expect(slept.take({ kind: 'tick' }).connection.kind).toBe('waiting')
    const setBack = opened()
    setBack.now -= 3_600_000
    expect(setBack.take({ kind: 'tick' }).pass(29_000).connection.kind).toBe('open')
  })

  it('a clock that is set back does not make a pause an hour long', () => {
    const run = opened().take(ended)
    run.now -= 3_600_000
    run.take({ kind: 'tick' }).pass(120_000)
    expect(run.opened.length).toBeGreaterThan(1)
  })

  it('that fails twice before it is greeted goes another way', () => {
    const run = new Run(3).take({ kind: 'wanted' })
    for (let i = 0; i < 6; i++) run.take(ended).comeBack()
    expect(run.opened).toEqual([0, 0, 1, 1, 2, 2, 0])
  })

  it('that is cut soon three times in a row goes another way, and not where it lasts', () => {
    const run = opened(2)
    for (let i = 0; i < 3; i++)
      run.listen(9_000).take(ended).comeBack().take({ kind: 'greeted', greeting })
    expect(run.opened).toEqual([0, 0, 0, 1])
    const lasting = opened(2)
    for (let i = 0; i < 9; i++) {
      lasting.listen(i % 3 === 2 ? 60_000 : 9_000).take(ended)
      lasting.comeBack().take({ kind: 'greeted', greeting })
    }
    expect(new Set(lasting.opened)).toEqual(new Set([0]))
  })

  it('on another way tries the first beside it, less and less often, and goes back when it works', () => {
    const run = new Run(2).take({ kind: 'wanted' })
    for (let i = 0; i < 2; i++) run.take(ended).comeBack()
    run.take({ kind: 'greeted', greeting })
    const pauses: number[] = []
    for (let i = 0; i < 9; i++) {
      const from = run.now
      run.listen(600_000, () => run.probes === i + 1)
      pauses.push(run.now - from)
      run.take({ kind: 'probed', works: false })
    }
    expect(pauses).toEqual([
      3_750, 7_500, 15_000, 30_000, 60_000, 120_000, 225_000, 225_000, 225_000,
    ])
    expect(run.opened).toEqual([0, 0, 1])
    run.take({ kind: 'woken' }).take({ kind: 'tick' })
    expect(run.probes).toBe(10)
    run.take({ kind: 'probed', works: true })
    expect(run.effects.slice(-2)).toEqual([{ kind: 'drop' }, { kind: 'open', transport: 0 }])
    run.take(ended).comeBack() // it is not for long: once is enough
    expect(run.opened).toEqual([0, 0, 1, 0, 1])
  })

  it('[P29] keeps to most of the spread as long as the server is away', () => {
    const run = opened().take({ kind: 'heard', spreadMs: 32_000 }).pass(10_000)
    for (const pause of [16_000, 12_000, 9_000]) {
      run.take(ended)
      expect((dueAt(run.connection) ?? 0) - run.now).toBe(pause)
      run.comeBack()
    }
  })
})

const events: fc.Arbitrary<ConnectionEvent | number> = fc.oneof(
  fc.constantFrom<ConnectionEvent>(
    { kind: 'wanted' },
    { kind: 'unwanted' },
    { kind: 'greeted', greeting },
    { kind: 'heard', spreadMs: null },
    { kind: 'heard', spreadMs: 3_000 },
    farewell('retry', 2_000),
    ended,
    { kind: 'woken' },
    { kind: 'probed', works: true },
    { kind: 'probed', works: false },
    { kind: 'tick' },
  ),
  fc.integer({ min: -100_000, max: 100_000 }),
)
const run = (all: readonly (ConnectionEvent | number)[], transports = 2): Run => {
  const made = new Run(transports)
  for (const one of all)
    if (typeof one !== 'number') made.take(one)
    else if (one < 0) made.now += one
    else made.pass(one)
  return made
}

describe('whatever happens to a connection', () => {
  it('there are never two lines: one is given up or has ended before another is opened', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 60 }), (all) => {
        const made = new Run(2)
        let lines = 0
        for (const one of all) {
          const { length } = made.effects
          // a line that is there may end by itself; one that is not cannot
          if (typeof one === 'number') made.now += one
          else if (one.kind !== 'ended' || lines > 0) {
            if (one.kind === 'ended') lines--
            made.take(one)
          }
          for (const { kind } of made.effects.slice(length))
            lines += kind === 'open' ? 1 : kind === 'drop' ? -1 : 0
          expect([0, 1]).toContain(lines)
          const has = made.connection.kind === 'opening' || made.connection.kind === 'open'
          expect(lines).toBe(has ? 1 : 0)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('once the network is up and the server willing, it opens within a minute', () => {
    fc.assert(
      fc.property(
        fc.array(events, { maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, random) => {
          const made = run(all)
          made.random = random
          made.take({ kind: 'unwanted' }).take({ kind: 'wanted' })
          for (let i = 0; i < 60 && made.connection.kind !== 'open'; i++) {
            if (made.connection.kind === 'opening') made.take({ kind: 'greeted', greeting })
            else made.pass(1_000)
          }
          expect(made.connection.kind).toBe('open')
        },
      ),
      { numRuns: 500 },
    )
  })

  it('no attempt follows another within 100 ms, unless it is woken', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(ended, farewell('retry')), { maxLength: 30 }), (all) => {
        const made = new Run(2).take({ kind: 'wanted' })
        made.random = 0
        for (const one of all) {
          const { length } = made.opened
          made.take(one).pass(99)
          expect(made.opened).toHaveLength(length)
          made.pass(31_000)
        }
      }),
    )
  })
})
