import * as encoding from 'lib0/encoding'
import { closeCodes } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import type { Decision } from './connection.ts'
import { HocuspocusConnection } from './hocuspocus-connection.ts'

const frame = (address: string, ...body: readonly number[]): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarString(out, address)
    encoding.writeUint8Array(out, Uint8Array.from(body))
  })

const login = (address: string, token = '', version: string | null = null): Uint8Array =>
  encoding.encode((out) => {
    encoding.writeVarString(out, address)
    encoding.writeVarUint(out, 2)
    encoding.writeVarUint(out, 0)
    encoding.writeVarString(out, token)
    if (version !== null) encoding.writeVarString(out, version)
  })

const step1 = (address: string): Uint8Array => frame(address, 0, 0, 1, 0)
const bye = (address: string): Uint8Array => frame(address, 7)
const kindOf = ({ kind }: Decision<unknown>): string => kind
const typeOf = (sent: Uint8Array | undefined, address: string): readonly number[] =>
  [...(sent ?? [])].slice(encoding.encode((out) => encoding.writeVarString(out, address)).length)

const { unauthorized, badFrame, tryAgainLater, serviceRestart } = closeCodes

describe('a connection with several documents', () => {
  it('opens a session with the first frame of an address, whatever it is', () => {
    const connection = new HocuspocusConnection(10)
    expect(connection.hear(login('a', 'token'))).toMatchObject({
      kind: 'open',
      address: 'a',
      document: 'a',
      said: { kind: 'login', token: 'token' },
    })
    expect(connection.hear(step1('b'))).toMatchObject({
      kind: 'open',
      said: { kind: 'message', body: Uint8Array.of(0, 0, 1, 0) },
    })
    expect(connection.hear(step1('a'))).toMatchObject({ kind: 'hear', address: 'a' })
    expect(connection.hear(login('a', 'new'))).toMatchObject({
      kind: 'hear',
      said: { kind: 'login', token: 'new' },
    })
    expect(connection.open).toBe(2)
  })

  it('tells sessions of one document apart by what is behind U+0000', () => {
    const connection = new HocuspocusConnection(10)
    for (const address of ['doc', 'doc\0one', 'doc\0two'])
      expect(connection.hear(login(address))).toMatchObject({
        kind: 'open',
        address,
        document: 'doc',
      })
    expect(kindOf(connection.hear(login('doc\0one')))).toBe('hear')
    expect(connection.open).toBe(3)
  })

  it('forgets a document that says goodbye, which may come again', () => {
    const connection = new HocuspocusConnection(10)
    expect(kindOf(connection.hear(bye('a')))).toBe('ignore')
    connection.hear(login('a'))
    expect(connection.hear(bye('a'))).toEqual({ kind: 'leave', address: 'a' })
    expect(connection.open).toBe(0)
    expect(kindOf(connection.hear(login('a')))).toBe('open')
  })

  it('drops what a refused document says until it logs in again', () => {
    const connection = new HocuspocusConnection(10)
    connection.hear(login('a'))
    connection.hear(login('b'))
    const farewell = connection.ended('a', unauthorized.code, 'no')
    expect(farewell.closesSocket).toBe(false)
    expect(farewell.frames.map((sent) => typeOf(sent, 'a').slice(0, 2))).toEqual([[2, 1]])
    expect(kindOf(connection.hear(step1('a')))).toBe('ignore')
    expect(kindOf(connection.hear(step1('b')))).toBe('hear')
    expect(kindOf(connection.hear(login('a', 'better')))).toBe('open')
  })

  it('closes a document of a client from version 4 on, and only denies it to others', () => {
    for (const [version, types] of [
      [null, [2]],
      ['4.8.0', [2, 7]],
    ] as const) {
      const connection = new HocuspocusConnection(10)
      connection.hear(login('a', '', version))
      const { frames } = connection.ended('a', badFrame.code, 'bad')
      expect(frames.map((sent) => typeOf(sent, 'a')[0])).toEqual(types)
    }
  })

  it('ends with a document that is to come back if it is the last one, or if the server restarts', () => {
    const connection = new HocuspocusConnection(10)
    connection.hear(login('a', '', '4.8.0'))
    connection.hear(login('b'))
    const first = connection.ended('a', tryAgainLater.code, 'busy')
    expect(first.closesSocket).toBe(false)
    expect(first.frames.map((sent) => typeOf(sent, 'a')[0])).toEqual([7])
    expect(connection.ended('b', tryAgainLater.code, 'busy')).toEqual({
      frames: [],
      closesSocket: true,
    })
    connection.hear(login('a'))
    connection.hear(login('b'))
    expect(connection.ended('a', serviceRestart.code, 'bye').closesSocket).toBe(true)
    expect(connection.ended('a', serviceRestart.code, 'bye')).toEqual({
      frames: [],
      closesSocket: false,
    })
  })

  it('ends a session that breaks the protocol, and nobody for what is addressed to none', () => {
    const connection = new HocuspocusConnection(10)
    connection.hear(login('a'))
    expect(connection.hear(frame('a', 2, 1, 0))).toMatchObject({ kind: 'break', address: 'a' })
    expect(kindOf(connection.hear(frame('b', 2, 1, 0)))).toBe('ignore')
  })

  it('takes one byte for a sign of life, whichever it is', () => {
    const connection = new HocuspocusConnection(10)
    for (let byte = 0; byte < 256; byte++)
      expect(connection.hear(Uint8Array.of(byte))).toEqual({ kind: 'ignore' })
  })

  it('speaks to nobody without an address for a while, and then ends', () => {
    const connection = new HocuspocusConnection(10)
    const kinds = Array.from({ length: 101 }, () => kindOf(connection.hear(Uint8Array.of(200, 1))))
    expect(new Set(kinds.slice(0, 100))).toEqual(new Set(['ignore']))
    expect(kinds[100]).toBe('close')
  })
})

describe('what names no document', () => {
  it.each([
    ['an empty name', '', 'empty'],
    ['a name of a megabyte', 'x'.repeat(1_000_000), '1000000 bytes of UTF-8, limit 1024'],
    ['a session id that is too long', `doc\0${'x'.repeat(257)}`, '257 bytes of UTF-8, limit 256'],
    ['a session id with U+0000 in a name that is none', '\0\0', 'empty'],
  ])('%s is denied when it logs in, and ignored otherwise', (_, address, problem) => {
    const connection = new HocuspocusConnection(10)
    expect(kindOf(connection.hear(step1(address)))).toBe('ignore')
    const decision = connection.hear(login(address))
    expect(decision.kind).toBe('refuse')
    const sent = decision.kind === 'refuse' ? decision.frame : new Uint8Array()
    expect(new TextDecoder().decode(sent)).toContain(problem)
    expect(connection.open).toBe(0)
  })

  it('a document above the limit is denied, and the others go on', () => {
    const connection = new HocuspocusConnection(3)
    for (const address of ['a', 'b', 'c']) connection.hear(login(address))
    for (let i = 0; i < 5_000; i++) {
      expect(kindOf(connection.hear(step1(`more ${i}`)))).toBe('ignore')
      expect(kindOf(connection.hear(login(`more ${i}`)))).toBe('refuse')
    }
    expect(kindOf(connection.hear(step1('b')))).toBe('hear')
    connection.hear(bye('c'))
    expect(kindOf(connection.hear(login('d')))).toBe('open')
  })

  it('who was refused longest ago is forgotten first', () => {
    const connection = new HocuspocusConnection(2)
    for (let i = 0; i < 10; i++) {
      connection.hear(login(`refused ${i}`))
      connection.ended(`refused ${i}`, unauthorized.code, 'no')
    }
    expect(kindOf(connection.hear(step1('refused 9')))).toBe('ignore')
    expect(kindOf(connection.hear(step1('refused 0')))).toBe('open')
  })
})
