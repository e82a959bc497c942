import { EMPTY_UPDATE } from '@quire/shared'
import { describe, expect, it, vi } from 'vitest'
import * as Y from 'yjs'
import { memoryStorage, QuireError, type QuireEvent } from '../index.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { createMemory, createMemoryStorage } from '../storage/memory.ts'
import { withWeather } from '../storage/testing/weather.ts'
import { eventually, hostOf, joinHost, open, textOf, write } from './testing/quire.ts'

describe('a document in the hands of its program', () => {
  it('is written, and what is written is on disk when it resolves', async () => {
    const memory = createMemory()
    const quire = open({ storage: createMemoryStorage(memory) })
    const notes = quire.document('notes')
    expect(await textOf(notes)).toBe('')
    await notes.edit(write('world'))
    expect(memory.byName.get(nameOf('notes'))?.tail).toHaveLength(1)
    await notes.edit(write('hello '))
    expect(await textOf(notes)).toBe('hello world')
    expect(await textOf(quire.document('other'))).toBe('')
  })

  it('is shown to everybody who has it open, and shows what they write', async () => {
    const quire = open()
    const doc = await joinHost(await hostOf(quire), 'notes')
    await quire.document('notes').edit(write('from the program'))
    await eventually(() => expect(doc.getText('text').toJSON()).toBe('from the program'))
    doc.getText('text').insert(0, 'also ')
    await vi.waitFor(async () =>
      expect(await textOf(quire.document('notes'))).toBe('also from the program'),
    )
  })

  it('takes edits that meet: all of them land', async () => {
    const notes = open().document('notes')
    await notes.edit((doc) => doc.getMap('count').set('first', true))
    const names = Array.from({ length: 20 }, (_, index) => `edit ${index}`)
    await Promise.all(names.map((name) => notes.edit((doc) => doc.getMap('count').set(name, true))))
    await notes.edit((doc) => {
      expect([...doc.getMap('count').keys()].toSorted()).toEqual(['first', ...names].toSorted())
    })
  })

  it('writes what observers add in transactions of their own, beside what the callback did', async () => {
    const notes = open().document('notes')
    await notes.edit((doc) => {
      const [text, counts] = [doc.getText('text'), doc.getMap('counts')]
      doc.once('afterTransaction', () =>
        doc.transact(() => counts.set('length', text.length), 'another'),
      )
      text.insert(0, 'edited')
    })
    expect(await textOf(notes)).toBe('edited')
    await notes.edit((doc) => expect(doc.getMap('counts').get('length')).toBe(6))
  })

  it('writes nothing where the callback changes nothing, throws midway, or is asynchronous', async () => {
    const memory = createMemory()
    const notes = open({ storage: createMemoryStorage(memory) }).document('notes')
    await notes.edit(write('kept'))
    const stored = () => memory.byName.get(nameOf('notes'))?.tail.length
    await notes.edit(() => undefined)
    const broken = notes.edit((doc) => {
      doc.getText('text').insert(0, 'half')
      throw new Error('the program failed')
    })
    await expect(broken).rejects.toThrow('the program failed')
    const slow = async (doc: Y.Doc): Promise<void> => {
      doc.getText('text').insert(0, 'half')
      throw new Error('nobody hears of it')
    }
    const late = notes.edit((doc) => slow(doc) as unknown as void) // as JavaScript has it
    await expect(late).rejects.toThrow('the callback of edit() is asynchronous')
    expect(stored()).toBe(1)
    expect(await textOf(notes)).toBe('kept')
  })

  it('is read and written in formats', async () => {
    const quire = open()
    const notes = quire.document('notes')
    await notes.write({ as: 'markdown', value: '# Title\n\n*text*\n' })
    expect(await notes.read({ as: 'markdown' })).toBe('# Title\n\n*text*\n')
    expect(await notes.read({ as: 'html' })).toContain('<em>text</em>')
    expect(await notes.read({ as: 'text' })).toContain('text')
    expect(await notes.read({ as: 'json' })).toMatchObject({ type: 'doc' })
    const { sequence } = (await notes.facts()) ?? {}
    await notes.write({ as: 'markdown', value: '# Title\n\n*text*\n' })
    expect(await notes.facts()).toMatchObject({ sequence }) // nothing had to change
    const refused = notes.write({ as: 'json', value: { type: 'nothing of the kind' } })
    await expect(refused).rejects.toMatchObject({ kind: 'refused', isTemporary: false })
    expect(await notes.read({ as: 'markdown' })).toBe('# Title\n\n*text*\n')
  })

  it('is read and written without a schema', async () => {
    const notes = open({ content: { schema: 'plain' } }).document('notes')
    await notes.edit((doc) => doc.getMap('settings').set('size', 3))
    await notes.write({ as: 'text', field: 'body', value: 'plain' }, { author: 'ann' })
    expect(await notes.read({ as: 'json' })).toEqual({ settings: { size: 3 }, body: 'plain' })
    expect(await notes.read({ as: 'text', field: 'body' })).toBe('plain')
  })

  it('is none by being read, nor by an edit that changes nothing', async () => {
    const memory = createMemory()
    const notes = open({ storage: createMemoryStorage(memory) }).document('notes')
    expect(await notes.read({ as: 'update' })).toEqual(EMPTY_UPDATE)
    expect(await notes.read({ as: 'markdown' })).toBe('')
    expect(await notes.read({ as: 'text' })).toBe('')
    expect(await notes.read({ as: 'json' })).toMatchObject({ type: 'doc' })
    await notes.edit(() => undefined)
    expect([await notes.exists(), memory.rows.size]).toEqual([false, 0])
    // the bytes are the caller's
    const update = await notes.read({ as: 'update' })
    update.fill(9)
    expect(await textOf(notes)).toBe('')
    await notes.edit(write('one'))
    expect(await textOf(notes)).toBe('one')
    await notes.delete()
    await expect(notes.read({ as: 'text' })).rejects.toMatchObject({ kind: 'deleted' })
  })

  it('says that it cannot be read where the storage cannot be asked', async () => {
    const weather = withWeather(memoryStorage())
    const notes = open({ storage: weather.storage }).document('notes')
    weather.fail('find', { kind: 'busy', message: 'it is busy' }, 1)
    await expect(notes.read({ as: 'text' })).rejects.toMatchObject({
      kind: 'tryAgainLater',
      message: 'notes: it is busy',
    })
  })

  it('deletes, and writes what it deletes', async () => {
    const notes = open().document('notes')
    await notes.edit(write('hello'))
    await notes.edit((doc) => doc.getText('text').delete(0, 4))
    expect(await textOf(notes)).toBe('o')
  })

  it('refuses an edit above the bound of a message, and says so', async () => {
    const notes = open({ limits: { maxMessageBytes: 2_000 } }).document('notes')
    const large = notes.edit(write('x'.repeat(3_000)))
    await expect(large).rejects.toThrow(/notes: the edit is 30\d\d bytes, limit 2000/)
    await expect(large).rejects.toMatchObject({ kind: 'messageTooBig', isTemporary: false })
    expect(await textOf(notes)).toBe('')
  })

  it('says that nothing was answered in time where the disk hangs', async () => {
    const weather = withWeather(memoryStorage())
    const notes = open({ storage: weather.storage, limits: { maxLoadMs: 200 } }).document('notes')
    await notes.edit(write('first'))
    weather.hold('append')
    await expect(notes.edit(write('second'))).rejects.toMatchObject({
      kind: 'tryAgainLater',
      isTemporary: true,
    })
    weather.release('append')
  })

  it('says what is known of it, and makes none by that', async () => {
    const notes = open().document('notes')
    expect([await notes.exists(), await notes.facts()]).toEqual([false, null])
    const before = Date.now()
    await notes.edit(write('one'))
    await notes.edit(write('two'))
    const facts = await notes.facts()
    expect(facts).toMatchObject({ name: 'notes', sequence: 2 })
    expect(facts?.changedAt.getTime()).toBeGreaterThanOrEqual(before)
    expect(facts?.bytes).toBeGreaterThan(6)
    expect(await notes.exists()).toBe(true)
  })

  it('says who has it open, and sends one of them away', async () => {
    const quire = open()
    const host = await hostOf(quire)
    const notes = quire.document('notes')
    const [doc, other] = [await joinHost(host, 'notes'), await joinHost(host, 'notes')]
    await joinHost(host, 'another')
    const [first, second, ...more] = notes.connections()
    expect(more).toEqual([])
    expect(first).toMatchObject({ user: null, access: 'write', family: 'y-websocket' })
    expect(first).toMatchObject({ transport: 'websocket', address: '127.0.0.1' })
    expect(quire.document('another').kick(first?.id ?? 0)).toBe(false)
    expect(notes.kick(first?.id ?? 0)).toBe(true)
    await eventually(() => expect(notes.connections()).toEqual([second]))
    other.getText('text').insert(0, 'without the first')
    await eventually(() => expect(notes.connections()).toHaveLength(1))
    expect(doc.getText('text').toJSON()).toBe('')
  })

  it('tells what is accepted, from whomever, until it is undone', async () => {
    const quire = open()
    const notes = quire.document('notes')
    await notes.edit(write('before '))
    const copy = new Y.Doc()
    const heard: string[] = []
    const undo = notes.subscribe((event) => {
      heard.push(event.kind)
      if (event.kind === 'update') Y.applyUpdate(copy, event.update)
    })
    await eventually(() => expect(heard).toEqual(['open']))
    Y.applyUpdate(copy, await notes.read({ as: 'update' }))
    const doc = await joinHost(await hostOf(quire), 'notes')
    doc.getText('text').insert(0, 'a client, ')
    await eventually(() => expect(copy.getText('text').toJSON()).toBe('a client, before '))
    await notes.edit(write('a program, '))
    expect(copy.getText('text').toJSON()).toBe('a program, a client, before ')
    undo()
    undo()
    await notes.edit(write('later, '))
    expect(heard.filter((kind) => kind === 'end')).toEqual([])
    expect(copy.getText('text').toJSON()).not.toContain('later')
    expect(notes.connections()).toHaveLength(1)
  })

  it('tells what it holds first where that is asked for', async () => {
    const notes = open().document('notes')
    await notes.edit(write('before '))
    const copy = new Y.Doc()
    notes.subscribe((event) => event.kind === 'update' && Y.applyUpdate(copy, event.update), {
      from: 'start',
    })
    await eventually(() => expect(copy.getText('text').toJSON()).toBe('before '))
  })

  it('reports a listener that throws, and tells it of the rest', async () => {
    const bugs: string[] = []
    const observe = {
      event: (event: QuireEvent) => void (event.kind === 'bug' && bugs.push(event.error.message)),
    }
    const quire = open({ observe })
    const notes = quire.document('notes')
    const heard: string[] = []
    notes.subscribe(({ kind }) => {
      heard.push(kind)
      throw new Error('the program failed')
    })
    await eventually(() => expect(heard).toEqual(['open']))
    await notes.edit(write('one'))
    await quire.close()
    expect(heard).toEqual(['open', 'update', 'end'])
    expect(bugs).toEqual(Array.from({ length: 3 }, () => 'a listener of notes threw'))
  })

  it('is deleted: whoever has it open is sent away, until it is made anew', async () => {
    const quire = open()
    const notes = quire.document('notes')
    expect([await notes.delete(), await notes.create(), await notes.create()]).toEqual([
      false,
      true,
      false,
    ])
    await notes.edit(write('gone'))
    const before = await notes.facts()
    const ends: unknown[] = []
    notes.subscribe((event) => void (event.kind === 'end' && ends.push(event.error.kind)))
    await joinHost(await hostOf(quire), 'notes')
    expect(await notes.delete()).toBe(true)
    await eventually(() => expect([notes.connections(), ends]).toEqual([[], ['deleted']]))
    expect([await notes.exists(), await notes.facts()]).toEqual([false, null])
    await expect(notes.edit(write('late'))).rejects.toMatchObject({ kind: 'deleted' })
    expect(await notes.create()).toBe(true)
    expect(await textOf(notes)).toBe('')
    expect((await notes.facts())?.epoch).not.toBe(before?.epoch)
  })

  it('stamps what it writes with its author', async () => {
    const storage = memoryStorage()
    const quire = open({ storage })
    await quire.document('notes').edit(write('by ann'), { author: 'ann' })
    await quire.document('notes').edit(write('by nobody'))
    const found = await storage.find(nameOf('notes'))
    const authors = found.ok && found.value ? await storage.authors(found.value.id) : null
    expect(authors?.ok ? authors.value.map(({ user }) => user) : null).toEqual(['ann'])
  })

  it('has a name that is one', () => {
    const quire = open()
    expect(() => quire.document('')).toThrow(QuireError)
    expect(() => quire.broadcastStateless('', 'text')).toThrow(QuireError)
    expect(quire.document('team/notes').name).toBe('team/notes')
    expect(quire.broadcastStateless('team/notes', 'nobody is here')).toBe(false)
  })
})
