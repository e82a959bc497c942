import { EMPTY_UPDATE, ok, type Result, type Update } from '@quire/shared'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import * as Y from 'yjs'
import type { ContentProblem } from '../ports/content.ts'
import { createManualClock } from '../runtime/testing/manual-clock.ts'
import type { ContentModule, SchemaChoice } from './content-module.ts'
import * as ownSchema from './testing/own-schema.ts'
import { createContent } from './threaded.ts'

vi.setConfig({ testTimeout: 30_000 }) // threads have to start

const OWN: SchemaChoice = { module: new URL('./testing/own-schema.ts', import.meta.url).href }

const contentForTest = (schema?: SchemaChoice) => {
  const clock = createManualClock()
  const content = createContent(clock, {
    collectGarbage: true,
    ...(schema === undefined ? {} : { schema }),
  })
  onTestFinished(() => content.close())
  return { content, clock }
}

const valueOf = <T>(result: Result<T, ContentProblem>): T => {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

const field = null

describe('formats', () => {
  it('are written and read in a thread, each call one result', async () => {
    const { content } = contentForTest()
    const first = { format: 'markdown', value: '# Title\n\nSome **bold** text.\n' } as const
    const made = valueOf(
      await content.change(EMPTY_UPDATE, [{ kind: 'replace', field, content: first }]),
    )
    const version = made.update ?? EMPTY_UPDATE
    expect(await content.readAs(version, { format: 'markdown', field })).toEqual(
      ok({ value: first.value }),
    )
    expect(await content.readAs(version, { format: 'html', field })).toEqual(
      ok({ value: '<h1>Title</h1>\n<p>Some <strong>bold</strong> text.</p>' }),
    )
    expect(await content.readAs(version, { format: 'text', field })).toEqual(
      ok({ value: 'Title\nSome bold text.' }),
    )
    const wish = { kind: 'append', field, content: { format: 'text', value: 'More' } } as const
    const more = valueOf(await content.change(version, [wish])).update ?? EMPTY_UPDATE
    const now = Y.mergeUpdates([version, more]) as Update // a merge of updates is one
    const [diff] = valueOf(await content.diff(version, now))
    expect(diff?.entries.at(-1)).toEqual({
      op: 'added',
      type: 'paragraph',
      attributes: {},
      text: 'More',
    })
    const [client] = Y.decodeStateVector(Y.encodeStateVectorFromUpdate(more)).keys()
    expect(valueOf(await content.blame(now, field)).at(-1)).toMatchObject({ text: 'More', client })
    const back = valueOf(await content.restore(now, version)).update ?? EMPTY_UPDATE
    const restored = Y.mergeUpdates([now, back]) as Update // as above
    expect(valueOf(await content.diff(version, restored))).toEqual([])
    expect(await content.restore(restored, version)).toEqual(ok({ update: null }))
  })

  it('that are refused say so, and content that is broken is another problem', async () => {
    const { content } = contentForTest()
    const bad = { format: 'json', value: { type: 'doc', content: [{ type: 'video' }] } } as const
    expect(await content.change(EMPTY_UPDATE, [{ kind: 'replace', field, content: bad }])).toEqual({
      ok: false,
      error: { kind: 'refused', message: 'content[0].type: no node "video" in the schema' },
    })
    const strange = { format: 'json', value: () => 0 } as const // no thread can be given a function
    expect(
      await content.change(EMPTY_UPDATE, [{ kind: 'replace', field, content: strange }]),
    ).toMatchObject({
      error: { kind: 'refused' },
    })
    const damaged = Uint8Array.of(9, 9, 9) as Update
    expect(await content.readAs(damaged, { format: 'text', field })).toMatchObject({
      error: { kind: 'broken' },
    })
    await content.close()
    expect(await content.readAs(EMPTY_UPDATE, { format: 'text', field })).toMatchObject({
      error: { kind: 'closed' },
    })
  })

  it('of no schema are those of the Yjs types', async () => {
    const { content } = contentForTest('plain')
    const json = { format: 'json', value: { a: [1] } } as const
    const { update } = valueOf(
      await content.change(EMPTY_UPDATE, [{ kind: 'replace', field: 'm', content: json }]),
    )
    expect(await content.readAs(update ?? EMPTY_UPDATE, { format: 'json', field })).toEqual(
      ok({ value: { m: { a: [1] } } }),
    )
  })
})

describe('a schema of one’s own', () => {
  it('is a module that the types accept', () => {
    const module: ContentModule = ownSchema
    expect(module.schema.topNodeType.name).toBe('doc')
  })

  it('has its field, its Markdown, HTML by its toDOM, and no HTML in', async () => {
    const { content } = contentForTest(OWN)
    const markdown = { format: 'markdown', value: '- [x] one\n- [ ] two' } as const
    const { update } = valueOf(
      await content.change(EMPTY_UPDATE, [{ kind: 'replace', field, content: markdown }]),
    )
    const made = update ?? EMPTY_UPDATE
    expect(await content.readAs(made, { format: 'markdown', field: 'notes' })).toEqual(
      ok({ value: markdown.value }),
    )
    expect(await content.readAs(made, { format: 'html', field })).toEqual(
      ok({ value: '<p class="done">one</p>\n<p>two</p>' }),
    )
    const html = { format: 'html', value: '<p>a</p>' } as const
    expect(await content.change(made, [{ kind: 'replace', field, content: html }])).toMatchObject({
      error: { kind: 'refused', message: expect.stringContaining('exports no "fromHtml"') },
    })
    const json = { format: 'json', value: [{ type: 'line', attrs: { done: 7 } }] } as const
    expect(await content.change(made, [{ kind: 'append', field, content: json }])).toMatchObject({
      error: { message: 'content[0].attrs.done: 7 is not of type boolean' },
    })
  })

  it('that never comes to an end costs its own job and no other', async () => {
    const { content, clock } = contentForTest(OWN)
    const text = (value: string) =>
      ({ kind: 'replace', field, content: { format: 'text', value } }) as const
    const { update } = valueOf(await content.change(EMPTY_UPDATE, [text('for ever')]))
    const endless = content.readAs(update ?? EMPTY_UPDATE, { format: 'markdown', field })
    const after = content.readAs(update ?? EMPTY_UPDATE, { format: 'text', field })
    clock.advance(60_000)
    expect(await endless).toEqual({
      ok: false,
      error: { kind: 'broken', message: 'not done within 60000 ms' },
    })
    expect(await after).toEqual(ok({ value: 'for ever' }))
  })

  it('of a module that is not there, or is none, is named', async () => {
    const { content } = contentForTest({ module: new URL('./nowhere.js', import.meta.url).href })
    expect(await content.readAs(EMPTY_UPDATE, { format: 'text', field })).toMatchObject({
      error: { kind: 'broken', message: expect.stringContaining('nowhere.js') },
    })
    const other = contentForTest({ module: 'node:path' }).content
    expect(await other.readAs(EMPTY_UPDATE, { format: 'text', field })).toMatchObject({
      error: {
        kind: 'broken',
        message: 'node:path exports no "schema" made with prosemirror-model',
      },
    })
  })
})
