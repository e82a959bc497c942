import { err, readUpdate, type DocName, type UpdateContents } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { poisons } from '../content/testing/poison.ts'
import { plainGrant } from '../auth/plain-grant.ts'
import type { Grant } from '../ports/auth.ts'
import type { Content } from '../ports/content.ts'
import type { QuireEvent } from '../ports/observe.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { writeDocument, type DirectRequest } from './direct.ts'
import { startTestServer, testLimits, until } from './testing/server.ts'
import { WholeDocuments } from './whole-documents.ts'

const MIB = 1024 * 1024
const notes = nameOf('notes')
const grant: Grant = plainGrant({ access: 'write', user: 'ann', expiresAt: null })

const read = (bytes: Uint8Array): UpdateContents => {
  const contents = readUpdate(bytes)
  if (!contents.ok) throw new Error(contents.error.message)
  return contents.value
}

const typed = (text: string): UpdateContents => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, text)
  return read(Y.encodeStateAsUpdate(doc))
}

const textOf = (update: Uint8Array): string => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return doc.getText('text').toJSON()
}

const wanted = () => true

/** A server, and documents put together from it with at most so many bytes. */
const setUp = (limitBytes = 16 * MIB, over: Partial<Content> = {}) => {
  const limits = { ...testLimits, unsavedBytes: 4 * MIB, compactBytes: 64 * MIB }
  const server = startTestServer({ limits })
  const { clock } = server
  const events: QuireEvent[] = []
  const calls = { merge: 0 }
  const content: Content = {
    ...server.content,
    fold: () => Promise.reject(new Error('nobody folds for a reader')),
    merge: (updates) => {
      calls.merge++
      return server.content.merge(updates)
    },
    ...over,
  }
  const observe = { event: (event: QuireEvent) => events.push(event) }
  const wholes = new WholeDocuments({ content, clock, observe, limitBytes })
  const requestFor = (document: DocName): DirectRequest => ({
    documents: server.documents,
    clock,
    document,
    grant,
    client: { address: '192.0.2.1', addressGroup: '192.0.2.1' },
    withinMs: 5_000,
  })
  return {
    server,
    wholes,
    events,
    calls,
    requestFor,
    async write(contents: UpdateContents, document = notes): Promise<void> {
      let isDone = false
      const written = writeDocument(requestFor(document), contents)
      void written.then(() => (isDone = true))
      await until('it is written', () => {
        if (!isDone) clock.advance(1)
        return isDone
      })
      expect(await written).toMatchObject({ ok: true })
    },
    async whole(document = notes) {
      const whole = await wholes.read(requestFor(document), wanted)
      if (!whole.ok) throw new Error(whole.error.reason)
      return whole.value
    },
  }
}

describe('a document in one update', () => {
  it('is what everybody sees', async () => {
    const { write, whole } = setUp()
    expect(textOf((await whole()).update)).toBe('')
    for (const letter of ['a', 'b', 'c']) await write(typed(letter.repeat(900_000)))
    const text = textOf((await whole()).update)
    expect([...text].toSorted().join('')).toBe(
      `${'a'.repeat(900_000)}${'b'.repeat(900_000)}${'c'.repeat(900_000)}`,
    )
  })

  it.each(poisons)(
    'holds also what would break when it is integrated ($rule)',
    async ({ before, breaks }) => {
      const { write, whole } = setUp()
      const parts = [...before, breaks].map(read)
      await write(typed('a'.repeat(2 * MIB)))
      for (const part of parts) await write(part)
      const { structs, deletes } = read((await whole()).update)
      for (const part of parts) {
        expect(structs.hasAll(part.structs)).toBe(true)
        expect(deletes.hasAll(part.deletes)).toBe(true)
      }
    },
  )

  it('is put together once for all who ask for it within two seconds, and again when it has changed', async () => {
    const { write, whole, calls, server } = setUp()
    server.connect(notes) // a room begins anew when it has been empty
    await write(typed('a'.repeat(2 * MIB)))
    const [one, other] = await Promise.all([whole(), whole()])
    expect(other.update).toBe(one.update)
    one.read()
    other.read()
    server.clock.advance(1_999)
    expect((await whole()).update).toBe(one.update)
    expect(calls.merge).toBe(1)
    await write(typed('more'))
    expect(textOf((await whole()).update)).toContain('more')
    expect(calls.merge).toBe(2)
  })

  it('is not read at all if by its turn nobody waits for it', async () => {
    const { wholes, requestFor, server } = setUp()
    server.weather.hold('open')
    const ahead = [nameOf('a'), nameOf('b')].map((name) => wholes.read(requestFor(name), wanted))
    await until('two are under way', () => server.weather.calls.open === 2)
    let isThere = true
    const gone = wholes.read(requestFor(notes), () => isThere)
    isThere = false
    server.weather.release('open')
    expect(await gone).toEqual(err({ close: 'tryAgainLater', reason: 'nobody waits' }))
    await Promise.all(ahead)
    expect(server.weather.calls.open).toBe(2)
  })

  it('finds no room while others are not read yet, unless it is one of them', async () => {
    const { write, whole, wholes, requestFor, server } = setUp(3 * MIB)
    const other = nameOf('other')
    server.connect(notes)
    for (const document of [notes, other]) await write(typed('a'.repeat(2 * MIB)), document)
    const readers = [await whole(), await whole()]
    const [done, alsoDone] = readers.map((reader) => reader.read)
    const noRoom = err({
      close: 'tryAgainLater',
      reason: expect.stringMatching(/^answers hold 2097\d{3} bytes, limit 3145728$/) as unknown,
    })
    expect(await wholes.read(requestFor(other), wanted)).toEqual(noRoom)
    done?.()
    expect(await wholes.read(requestFor(other), wanted)).toEqual(noRoom)
    alsoDone?.()
    expect(textOf((await whole(other)).update)).toHaveLength(2 * MIB)
  })

  it('that cannot be put together is refused, and told of', async () => {
    const merge: Content['merge'] = () =>
      Promise.resolve(err({ kind: 'broken', message: 'no sense' }))
    const { wholes, requestFor, events } = setUp(MIB, { merge })
    expect(await wholes.read(requestFor(notes), wanted)).toEqual(
      err({ close: 'internalError', reason: 'the document could not be put together' }),
    )
    expect(events).toEqual([{ kind: 'answer-failed', document: notes, problem: 'no sense' }])
  })
})
