/* Whatever comes over a socket, its documents are as a plain model of them says. */
import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import { closeCodes, type CloseName } from '@quire/shared'
import { everyTruncation, mutate, mutations } from '@quire/shared/testing'
import { describe, expect, it } from 'vitest'
import { HocuspocusConnection } from './hocuspocus-connection.ts'
import { readAddress } from './hocuspocus.ts'

const DOCUMENTS = 3
/** Those who are refused are remembered in the places that those who are open leave of twice the limit. */
const PLACES = 2 * DOCUMENTS

const good = ['a', 'b', 'c/d', 'a\0', 'a\0one', 'a\0two', '__proto__', 'é😀', ...'efghijklmn']
const bad = ['', '\0', '\0one', 'x'.repeat(1_025), `a\0${'x'.repeat(257)}`]
const addresses = fc.constantFrom(...good, ...good, ...bad)

const frame = (address: string, body: readonly number[]): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarString(out, address)
    encoding.writeUint8Array(out, Uint8Array.from(body))
  })

const LOGIN = [2, 0, 1, 97]
const NAMED_LOGIN = [...LOGIN, 5, ...new TextEncoder().encode('4.8.0')]

type Command =
  | { readonly kind: 'login' | 'named-login' | 'message' | 'bye' | 'nonsense'; readonly to: string }
  | { readonly kind: 'ended'; readonly to: string; readonly close: CloseName }
  | { readonly kind: 'one-byte'; readonly byte: number }
  | { readonly kind: 'unaddressed' }

const to = addresses
const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constantFrom('login' as const, 'message' as const), to }),
  fc.record({
    kind: fc.constantFrom('named-login' as const, 'bye' as const, 'nonsense' as const),
    to,
  }),
  fc.record({
    kind: fc.constant('ended' as const),
    to,
    close: fc.constantFrom(...(Object.keys(closeCodes) as CloseName[])),
  }),
  fc.record({ kind: fc.constant('one-byte' as const), byte: fc.nat({ max: 255 }) }),
  fc.constant({ kind: 'unaddressed' as const }),
)

/** What is true of a socket: who is open, who was refused (the longest ago first), who is too old for it. */
class Model {
  readonly open = new Set<string>()
  refused: string[] = []
  isNamed = false
  unaddressed = 0

  /** The decision about a frame of a session. */
  hear(kind: 'login' | 'message' | 'bye' | 'nonsense', address: string): string {
    const isOpen = this.open.has(address)
    if (kind === 'nonsense') return isOpen ? 'break' : 'ignore'
    if (kind === 'bye') {
      this.refused = this.refused.filter((known) => known !== address)
      return this.open.delete(address) ? 'leave' : 'ignore'
    }
    if (isOpen) return 'hear'
    const isRefused = this.refused.includes(address)
    if (kind === 'message' && isRefused) return 'ignore'
    if (bad.includes(address) || this.open.size >= DOCUMENTS)
      return kind === 'login' ? 'refuse' : 'ignore'
    if (isRefused) this.refused = this.refused.filter((known) => known !== address)
    else if (this.open.size + this.refused.length === PLACES) this.refused.shift()
    this.open.add(address)
    return 'open'
  }

  /** The types of the frames that a session hears at its end, and whether its socket ends. */
  ended(address: string, close: CloseName): readonly [readonly string[], boolean] {
    if (!this.open.delete(address)) return [[], false]
    if (close === 'serviceRestart' || close === 'goingAway') return [[], true]
    if (closeCodes[close].advice === 'stop') {
      this.refused.push(address)
      return [this.isNamed ? ['denied', 'close'] : ['denied'], false]
    }
    if (this.open.size === 0) return [[], true]
    return [[this.isNamed ? 'close' : 'denied'], false]
  }
}

const wordOf = (sent: Uint8Array, address: string): string => {
  const read = readAddress(sent)
  expect(read).toMatchObject({ ok: true, value: { address } })
  const [type, what] = read.ok ? read.value.body : []
  if (type === 2 && what === 1) return 'denied'
  return type === 7 ? 'close' : `${type}`
}

const BODIES = {
  login: LOGIN,
  'named-login': NAMED_LOGIN,
  message: [0, 0, 1, 0],
  bye: [7],
  nonsense: [2, 1, 0],
}

const obey = (command: Command, connection: HocuspocusConnection, model: Model): void => {
  switch (command.kind) {
    case 'one-byte':
      expect(connection.hear(Uint8Array.of(command.byte))).toEqual({ kind: 'ignore' })
      return
    case 'unaddressed': {
      const { kind } = connection.hear(Uint8Array.of(5, 97))
      expect(kind).toBe(++model.unaddressed <= 100 ? 'ignore' : 'close')
      return
    }
    case 'ended': {
      const { frames, closesSocket } = connection.ended(
        command.to,
        closeCodes[command.close].code,
        'because',
      )
      const words = frames.map((sent) => wordOf(sent, command.to))
      expect([words, closesSocket]).toEqual(model.ended(command.to, command.close))
      return
    }
    case 'login':
    case 'named-login':
    case 'message':
    case 'bye':
    case 'nonsense': {
      const body = BODIES[command.kind]
      const decision = connection.hear(frame(command.to, body))
      const kind = command.kind === 'named-login' ? 'login' : command.kind
      if (command.kind === 'named-login') model.isNamed = true
      expect(decision.kind).toBe(model.hear(kind, command.to))
      if (decision.kind === 'refuse') expect(wordOf(decision.frame, command.to)).toBe('denied')
      if (decision.kind !== 'open' && decision.kind !== 'hear') return
      expect(decision.address).toBe(command.to)
      expect(decision.said).toEqual(
        kind === 'login'
          ? { kind: 'login', token: 'a' }
          : { kind: 'message', body: Uint8Array.from(body) },
      )
      if (decision.kind === 'open') {
        expect([...decision.prefix, ...body]).toEqual([...frame(command.to, body)])
        expect(decision.document).toBe(command.to.split('\0')[0])
      }
    }
  }
}

describe('a connection', () => {
  it('is at every moment what a plain model of it says', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 150 }), (all) => {
        const connection = new HocuspocusConnection(DOCUMENTS)
        const model = new Model()
        for (const command of all) {
          obey(command, connection, model)
          expect(connection.open).toBe(model.open.size)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('throws at nothing that comes, and nobody is open who has said nothing', () => {
    const said = [
      ...Object.values(BODIES).map((body) => frame('doc\0one', body)),
      frame('😀/é', [0, 2, 2, 0, 0]),
    ]
    const damaged = fc
      .tuple(fc.constantFrom(...said), fc.array(mutations, { minLength: 1, maxLength: 4 }))
      .map(([one, damage]) => damage.reduce((bytes, each) => mutate(bytes, each, one), one))
    const anything = fc.oneof(damaged, fc.uint8Array({ maxLength: 40 }))
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 40 }), (frames) => {
        const connection = new HocuspocusConnection(DOCUMENTS)
        const open = new Set<string>()
        for (const bytes of frames) {
          const decision = connection.hear(bytes)
          const isOpen = 'address' in decision && open.has(decision.address)
          expect(isOpen).toBe(['hear', 'break', 'leave'].includes(decision.kind))
          if (decision.kind === 'open') open.add(decision.address)
          if (decision.kind === 'leave') open.delete(decision.address)
          expect(connection.open).toBe(open.size)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('hears a frame that is cut short as none, or as its beginning, and never as another one’s', () => {
    const login = frame('doc', NAMED_LOGIN)
    for (const cut of everyTruncation(login)) {
      const decision = new HocuspocusConnection(DOCUMENTS).hear(cut)
      const isLogin = cut.length === frame('doc', LOGIN).length // of a client that names no version
      expect(decision.kind, `${cut.length} bytes`).toBe(isLogin ? 'open' : 'ignore')
    }
  })

  it('remembers no more of thousands who were refused than it has places for', () => {
    const connection = new HocuspocusConnection(DOCUMENTS)
    const names = Array.from({ length: 5_000 }, (_, i) => `document ${i}`)
    for (const name of names) {
      connection.hear(frame(name, LOGIN))
      connection.ended(name, closeCodes.unauthorized.code, 'no')
    }
    const remembered = names.filter((name) => {
      const { kind } = connection.hear(frame(name, BODIES.message))
      if (kind === 'open') connection.ended(name, closeCodes.tryAgainLater.code, 'later')
      return kind === 'ignore'
    })
    expect(remembered.length).toBeLessThanOrEqual(PLACES)
  })

  it('forgets first who was refused longest ago, not who came first', () => {
    const connection = new HocuspocusConnection(2)
    connection.hear(frame('patient', LOGIN))
    for (const name of ['1', '2', '3']) {
      connection.hear(frame(name, LOGIN))
      connection.ended(name, closeCodes.unauthorized.code, 'no')
    }
    connection.ended('patient', closeCodes.unauthorized.code, 'no')
    connection.hear(frame('newcomer', LOGIN))
    expect(connection.hear(frame('patient', BODIES.message)).kind).toBe('ignore')
    expect(connection.hear(frame('1', BODIES.message)).kind).toBe('open')
  })

  it('takes an address that is not UTF-8, or longer than its frame, for none', () => {
    const connection = new HocuspocusConnection(DOCUMENTS)
    for (const bytes of [
      [2, 0xff, 0xfe, ...LOGIN],
      [3, 0xed, 0xa0, 0x80, ...LOGIN], // a surrogate
      [0xff, 0xff, 0xff, 0xff, 0x0f, 97],
    ])
      expect(connection.hear(Uint8Array.from(bytes))).toEqual({ kind: 'ignore' })
    expect(connection.open).toBe(0)
  })
})
