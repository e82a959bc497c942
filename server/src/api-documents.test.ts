/* The document API as programs use it: documents, content, versions. */
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { QuireApiError } from './client.ts'
import type { Quire } from './quire.ts'
import { startApi } from './testing/api-server.ts'

const problemOf = async (work: Promise<unknown>): Promise<Record<string, unknown>> => {
  try {
    await work
  } catch (error) {
    if (error instanceof QuireApiError) return { ...error.problem, status: error.status }
    throw error
  }
  throw new Error('it went well')
}

/** Somebody opens a document, which makes it, and leaves. */
const opened = (quire: Quire, name: string): Promise<void> =>
  new Promise((resolve) => {
    const undo = quire.document(name).subscribe(({ kind }) => {
      if (kind === 'open') resolve(undo())
    })
  })

describe('documents', () => {
  it('are made, described, listed by prefix in pages, and found by part of their names', async () => {
    const { client } = await startApi()
    const api = await client()
    for (const name of ['a/one', 'a/two', 'b/one', 'ä_%/😀'])
      expect(await api.create(name)).toMatchObject({ name, sequence: 0, deletedAt: null })
    const names = async (query: Parameters<typeof api.list>[0]) =>
      (await api.list(query)).documents.map(({ name }) => name)
    expect(await names({})).toEqual(['a/one', 'a/two', 'b/one', 'ä_%/😀'])
    expect(await names({ prefix: 'a/' })).toEqual(['a/one', 'a/two'])
    expect(await names({ search: 'ONE' })).toEqual(['a/one', 'b/one'])
    expect(await names({ search: '_%' })).toEqual(['ä_%/😀'])
    const first = await api.list({ limit: 3 })
    expect(first.documents).toHaveLength(3)
    expect(await names({ limit: 3, cursor: first.next ?? '' })).toEqual(['ä_%/😀'])
    expect((await api.list({ prefix: 'ä' })).next).toBeNull()
    expect(await api.document('ä_%/😀').facts()).toMatchObject({ name: 'ä_%/😀' })
    expect(await api.document('nobody').facts()).toBeNull()
  })

  it('are made once by the same key, with their content once, and not where there is one', async () => {
    const { client } = await startApi()
    const api = await client()
    const content = { format: 'markdown', value: 'Seeded *once*.' } as const
    const make = () => api.create('notes', { content, idempotencyKey: 'first' })
    const made = await Promise.all([make(), make(), make()])
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    expect((await api.document('notes').read('markdown')).content.trim()).toBe('Seeded *once*.')
    expect(
      await problemOf(api.create('notes', { content, idempotencyKey: 'second' })),
    ).toMatchObject({ status: 409, type: 'urn:quire:problem:conflict' })
    expect(await problemOf(api.create('other', { idempotencyKey: 'first' }))).toMatchObject({
      status: 409,
    })
  })

  it('that somebody has opened and nobody has written are filled, and by one of two', async () => {
    const { client, quire } = await startApi()
    const api = await client()
    await opened(quire, 'notes')
    const content = { format: 'text', value: 'filled' } as const
    const tries = await Promise.allSettled([
      api.create('notes', { content }),
      api.create('notes', { content }),
    ])
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await api.document('notes').read('text')).content.trim()).toBe('filled')
    // with a key each attempt of one creator is answered alike, and another creator is not
    await opened(quire, 'others')
    const make = (idempotencyKey: string) => api.create('others', { content, idempotencyKey })
    const made = await Promise.all([make('a'), make('a')])
    expect([...made, await make('a')].map(({ name }) => name)).toEqual([
      'others',
      'others',
      'others',
    ])
    expect(await problemOf(make('b'))).toMatchObject({ status: 409 })
    expect(await problemOf(make('b'))).toMatchObject({ status: 409 })
    expect((await api.document('others').read('text')).content.trim()).toBe('filled')
  })

  it('are deleted, refused, listed among the deleted, brought back with another epoch', async () => {
    const { client } = await startApi()
    const api = await client()
    const notes = api.document('notes')
    const made = await api.create('notes', { content: { format: 'text', value: 'kept' } })
    expect(await notes.delete()).toMatchObject({ id: made.id })
    expect(await notes.facts()).toBeNull()
    expect((await api.list({})).documents).toEqual([])
    const [deleted] = (await api.list({ deleted: true })).documents
    expect(deleted).toMatchObject({ name: 'notes', id: made.id })
    expect(deleted?.deletedAt).not.toBeNull()
    const back = await notes.undelete()
    expect(back.id).toBe(made.id)
    expect(back.epoch).not.toBe(made.epoch)
    expect((await notes.read('text')).content.trim()).toBe('kept')
    await notes.delete()
    await api.create('notes')
    expect(await problemOf(notes.undelete(made.id))).toMatchObject({ status: 409 })
  })

  it('are copied under another name', async () => {
    const { client, quire } = await startApi()
    const api = await client()
    await api.create('one', { content: { format: 'text', value: 'same' } })
    expect(await api.document('one').duplicate('two')).toMatchObject({ name: 'two' })
    await api.document('two').append('text', 'and more')
    expect((await api.document('one').read('text')).content.trim()).toBe('same')
    expect(await problemOf(api.document('one').duplicate('two'))).toMatchObject({ status: 409 })
    // nor over one that somebody has only opened, however often that is tried
    await opened(quire, 'three')
    const copy = () => api.document('one').duplicate('three', { idempotencyKey: 'copy' })
    expect(await problemOf(copy())).toMatchObject({ status: 409 })
    expect(await problemOf(copy())).toMatchObject({ status: 409 })
  })
})

describe('content', () => {
  it('is read as JSON, text, Markdown, HTML and as an update', async () => {
    const { client } = await startApi()
    const api = await client()
    await api.create('notes', {
      content: { format: 'markdown', value: '# Title\n\nSome **bold** text.' },
    })
    const notes = api.document('notes')
    expect((await notes.read('markdown')).content.trim()).toBe('# Title\n\nSome **bold** text.')
    expect((await notes.read('html')).content).toContain('<h1>Title</h1>')
    expect((await notes.read('text')).content).toContain('Some bold text.')
    expect((await notes.read('json')).content).toMatchObject({ type: 'doc' })
    const doc = new Y.Doc()
    Y.applyUpdate(doc, (await notes.read('update')).content)
    expect(doc.getXmlFragment('default').toJSON()).toContain('Title')
  })

  it('that is replaced keeps what stays the same, item for item', async () => {
    const { client } = await startApi()
    const api = await client()
    await api.create('notes', { content: { format: 'markdown', value: 'One.\n\nTwo.\n\nThree.' } })
    const notes = api.document('notes')
    const before = (await notes.read('update')).content
    const { content, etag } = await notes.read('markdown')
    const written = await notes.write('markdown', content.replace('Two', 'Zwei'), { ifMatch: etag })
    expect(written.changed).toBe(true)
    const after = (await notes.read('update')).content
    const sizeOfChange = Y.diffUpdate(after, Y.encodeStateVectorFromUpdate(before)).length
    expect(sizeOfChange).toBeLessThan(80)
    const again = await notes.write('markdown', content.replace('Two', 'Zwei'))
    expect(again).toMatchObject({ changed: false, sequence: written.sequence })
  })

  it('that has changed since is left as it is, and the problem says where it is by now', async () => {
    const { client } = await startApi()
    const api = await client()
    await api.create('notes', { content: { format: 'text', value: 'a' } })
    const notes = api.document('notes')
    const { etag } = await notes.read('text')
    const written = await notes.append('text', 'b', { ifMatch: etag })
    const problem = await problemOf(notes.append('text', 'c', { ifMatch: etag }))
    expect(problem).toMatchObject({
      status: 412,
      type: 'urn:quire:problem:changed',
      epoch: written.epoch,
      sequence: written.sequence,
    })
    expect((await notes.read('text')).content).not.toContain('c')
    expect((await notes.append('text', 'c', { ifMatch: written.etag })).changed).toBe(true)
  })

  it('is changed in several steps at once, or not at all', async () => {
    const { client } = await startApi()
    const api = await client()
    await api.create('notes', { content: { format: 'markdown', value: 'One.\n\nTwo.' } })
    const notes = api.document('notes')
    await notes.patch([
      { op: 'replace-node', node: [0], format: 'markdown', value: '# Eins' },
      { op: 'insert-after', node: [0], format: 'markdown', value: 'Between.' },
      { op: 'append', format: 'text', value: 'Three.' },
    ])
    const { content } = await notes.read('markdown')
    expect(content.trim()).toBe('# Eins\n\nBetween.\n\nTwo.\n\nThree.')
    const problem = await problemOf(
      notes.patch([
        { op: 'append', format: 'text', value: 'Four.' },
        { op: 'delete-node', node: [99] },
      ]),
    )
    expect(problem).toMatchObject({ status: 422 })
    expect(String(problem['detail'])).toContain('step 1')
    expect((await notes.read('markdown')).content).toBe(content)
  })
})

describe('a range', () => {
  it('of a paragraph is replaced in it, and a caret in another word stays where it is', async () => {
    const { client } = await startApi()
    const api = await client()
    await api.create('notes', {
      content: { format: 'markdown', value: '- The **quick** brown fox jumps.' },
    })
    const notes = api.document('notes')
    const hers = new Y.Doc()
    Y.applyUpdate(hers, (await notes.read('update')).content)
    let paragraph: Y.XmlFragment = hers.getXmlFragment('default')
    for (const index of [0, 0, 0]) paragraph = paragraph.get(index) as Y.XmlElement // as it was made
    const text = paragraph.get(0) as Y.XmlText // as above
    const caret = Y.createRelativePositionFromTypeIndex(text, 'The quick brown f'.length)
    const node = [0, 0, 0]
    await notes.patch([
      { op: 'replace-text', node, from: 6, to: 9, text: 'iet' },
      { op: 'replace-text', node, from: 0, to: 0, text: '→ ' },
    ])
    const { content } = await notes.read('markdown')
    expect(content.trim()).toBe('- → The **quiet** brown fox jumps.')
    Y.applyUpdate(hers, (await notes.read('update')).content)
    const place = Y.createAbsolutePositionFromRelativePosition(caret, hers)
    expect(place?.type).toBe(text)
    expect(place?.index).toBe('→ The quiet brown f'.length)
  })

  it('that is none is refused with what is wrong, and with the step that it is in', async () => {
    const { client } = await startApi()
    const api = await client()
    await api.create('notes', { content: { format: 'markdown', value: 'One 😀.' } })
    const detailOf = async (from: number, to: number, node?: number[]) => {
      const step = { op: 'replace-text', from, to, text: '', ...(node && { node }) } as const
      const problem = await problemOf(api.document('notes').patch([step]))
      return [problem['status'], problem['detail']]
    }
    expect(await detailOf(0, 9, [0])).toEqual([
      422,
      'range: 0 to 9 is not within the 7 units of the "paragraph" at path [0]',
    ])
    expect(await detailOf(5, 6, [0])).toEqual([
      422,
      'range: 5 is within a pair of surrogates, which is one character',
    ])
    expect(await detailOf(0, 1)).toEqual([
      422,
      '"default" is rich text: a range in it needs the path of the block that it is in',
    ])
  })
})

describe('versions', () => {
  it('are kept, listed, read, compared, and restored as a new edit', async () => {
    const { client } = await startApi()
    const api = await client()
    await api.create('notes', { content: { format: 'markdown', value: 'First.' } })
    const notes = api.document('notes')
    const kept = await notes.keepVersion('draft', { author: 'ann' })
    expect(kept).toMatchObject({ name: 'draft', author: 'ann' })
    await notes.write('markdown', 'First, and second.')
    expect((await notes.versions()).versions).toEqual([kept])
    expect((await notes.readVersion(kept.id, 'markdown')).trim()).toBe('First.')
    const { fields } = await notes.diff(kept.id)
    expect(fields.flatMap(({ entries }) => entries.map(({ op }) => op))).toEqual(['changed'])
    const before = (await notes.facts())?.sequence ?? 0
    const restored = await notes.restore(kept.id)
    expect(restored.sequence).toBeGreaterThan(before)
    expect((await notes.read('markdown')).content.trim()).toBe('First.')
    expect(await problemOf(notes.restore(kept.id + 1))).toMatchObject({ status: 404 })
  })

  it('say who wrote what, as the server has stamped it', async () => {
    const { client } = await startApi()
    const api = await client()
    await api.create('notes', { content: { format: 'text', value: 'by ann. ' }, author: 'ann' })
    const bobs = await client({ sub: 'bob' })
    await bobs.document('notes').append('text', 'by bob')
    const { ranges } = await api.document('notes').authors()
    const byAuthor = ranges.filter(({ text }) => text.trim() !== '')
    expect(byAuthor).toEqual([
      { text: 'by ann. ', path: [0], author: 'ann' },
      { text: 'by bob', path: [1], author: 'bob' },
    ])
    const forged = bobs.document('notes').append('text', 'by ann, says bob', { author: 'ann' })
    expect(await problemOf(forged)).toMatchObject({ status: 403 })
  })
})

describe('many at once', () => {
  it('are exported as lines, and imported from them elsewhere', async () => {
    const [one, two] = [await startApi(), await startApi()]
    const [from, to] = [await one.client(), await two.client()]
    for (const name of ['a', 'b', 'c'])
      await from.create(name, {
        content: { format: 'text', value: `text of ${name}` },
        author: 'ann',
      })
    const lines = new Uint8Array(await new Response(await from.export()).arrayBuffer())
    await to.create('b')
    const told = (await new Response(await to.import(lines)).text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(told.map(({ name, result, done }) => [name, result, done])).toEqual([
      ['a', 'created', undefined],
      ['b', 'skipped', undefined],
      ['c', 'created', undefined],
      [undefined, undefined, true],
    ])
    expect((await to.document('c').read('text')).content.trim()).toBe('text of c')
    expect((await to.document('c').authors()).ranges).toMatchObject([{ author: 'ann' }])
  })

  it('keep what nobody with a name wrote as nobody’s', async () => {
    const { client } = await startApi()
    const api = await client()
    const doc = new Y.Doc()
    doc.clientID = 7
    doc.getText('words').insert(0, 'her words')
    const update = Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64')
    const authors = [
      [7, 0, 'ann'],
      [7, 3, null],
    ]
    const line = JSON.stringify({ name: 'notes', update, authors })
    await new Response(await api.import(new TextEncoder().encode(line))).text()
    const { ranges } = await api.document('notes').authors({ field: 'words' })
    expect(ranges).toMatchObject([
      { text: 'her', author: 'ann' },
      { text: ' words', author: null },
    ])
    const [exported = ''] = (await new Response(await api.export()).text()).split('\n')
    expect(JSON.parse(exported)).toMatchObject({ name: 'notes', authors })
  })
})
