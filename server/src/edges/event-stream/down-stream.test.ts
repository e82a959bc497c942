import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits as protocol } from '@quire/shared'
import { DownStream, type StreamPiece } from './down-stream.ts'

type Act =
  | { readonly kind: 'add'; readonly bytes: Uint8Array }
  | { readonly kind: 'send' | 'take' | 'read' | 'cut' | 'come back' }
  | { readonly kind: 'cheat'; readonly position: number }
  | { readonly kind: 'stale'; readonly back: number }

const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('add' as const),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'send' as const,
          'take' as const,
          'read' as const,
          'come back' as const,
          'cut' as const,
        ),
      }),
    },
    fc.record({ kind: fc.constant('cheat' as const), position: fc.integer({ min: 0, max: 500 }) }),
    fc.record({ kind: fc.constant('stale' as const), back: fc.nat(100) }),
  ),
  { maxLength: 60 },
)

/** A client, a network that takes pieces in order and may be cut, and what they made of it. */
class Model {
  readonly said: number[] = []
  readonly arrived: number[] = []
  readonly wrong: string[] = []
  readonly #stream: DownStream
  #line: StreamPiece[] = []
  #acknowledged = 0
  #told = 0
  /** What is sent goes to where nobody reads. */
  #isStale = false

  constructor(keptBytes: number) {
    this.#stream = new DownStream(keptBytes)
  }

  act(act: Act): void {
    switch (act.kind) {
      case 'add':
        this.said.push(...act.bytes)
        return this.#stream.add(act.bytes)
      case 'send':
        return this.#send()
      case 'take':
        return this.#take()
      case 'read':
        this.#acknowledged = this.arrived.length
        return this.#check(this.#stream.acknowledge(this.arrived.length), 'acknowledged')
      case 'cut':
        this.#stream.lost()
        this.#check(
          this.#stream.queuedBytes === this.said.length - this.#acknowledged,
          'all queued',
        )
        return this.#comeBack()
      case 'come back':
        return this.#comeBack()
      case 'cheat':
        return this.#cheat(act.position)
      case 'stale':
        return this.#comeStale(act.back)
    }
  }

  finish(): void {
    const { queuedBytes } = this.#stream
    const most = this.said.length - this.#acknowledged
    this.#check(queuedBytes >= 0 && queuedBytes <= most, `${queuedBytes} queued, at most ${most}`)
    if (this.#isStale) this.#comeBack()
    while (this.#stream.isWaiting) this.#send()
    while (this.#line.length > 0) this.#take()
    this.#check(this.#stream.next() === null, 'nothing left')
  }

  #send(): void {
    const piece = this.#stream.next()
    if (piece === null) return
    this.#told = Math.max(this.#told, piece.end)
    if (!this.#isStale) this.#line.push(piece)
  }

  #take(): void {
    const piece = this.#line.shift()
    if (piece === undefined) return
    this.#check(piece.end - piece.bytes.length === this.arrived.length, 'told where it stands')
    this.arrived.push(...piece.bytes)
    this.#stream.took(piece.end)
  }

  #comeBack(): void {
    this.#line = []
    this.#isStale = false
    this.#check(this.#stream.rewind(this.arrived.length), 'goes on')
    this.#acknowledged = this.arrived.length
  }

  /** A request to come back that was made before, and comes only now. */
  #comeStale(back: number): void {
    this.#line = []
    this.#isStale = true
    const before = this.arrived.length - this.#acknowledged
    this.#acknowledged += Math.max(0, before - back)
    this.#check(this.#stream.rewind(this.#acknowledged), 'goes on for nobody')
  }

  #cheat(position: number): void {
    const sent = this.#told
    if (position > sent) this.#check(!this.#stream.acknowledge(position), 'refused to acknowledge')
    if (position < this.#acknowledged || position > sent)
      this.#check(!this.#stream.rewind(position), 'refused to go back')
  }

  #check(isRight: boolean, what: string): void {
    if (!isRight) this.wrong.push(what)
  }
}

describe('the stream downwards', () => {
  test('[P33] reaches a client whole and in order, whatever is cut, and counts no more than waits', () => {
    fc.assert(
      fc.property(acts, fc.integer({ min: 0, max: 30 }), (all, keptBytes) => {
        const model = new Model(keptBytes)
        for (const act of all) model.act(act)
        model.finish()
        expect(model.wrong).toEqual([])
        expect(model.arrived).toEqual(model.said)
      }),
    )
  })

  test('[P31] cuts what is large, and puts together what is small', () => {
    const stream = new DownStream(0)
    for (let i = 0; i < 1_000; i++) stream.add(Uint8Array.of(i % 256))
    stream.add(new Uint8Array(2 * protocol.eventBytes))
    const lengths = [stream.next(), stream.next(), stream.next(), stream.next()].map(
      (piece) => piece?.bytes.length,
    )
    expect(lengths).toEqual([protocol.eventBytes, protocol.eventBytes, 1_000, undefined])
  })

  test('does not count what is on its way to the client, but for what is over the bound', () => {
    const stream = new DownStream(100)
    stream.add(new Uint8Array(150))
    expect(stream.queuedBytes).toBe(150)
    stream.next()
    stream.took(150)
    expect(stream.queuedBytes).toBe(50)
    expect(stream.acknowledge(50)).toBe(true)
    expect(stream.queuedBytes).toBe(0)
    stream.lost()
    expect(stream.queuedBytes).toBe(100)
  })
})
