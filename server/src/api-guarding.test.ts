/* Who is here and who may be, as the document API has it. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { startApi } from './testing/api-server.ts'

describe('a revocation of a document for everybody', () => {
  it('takes nothing from applications: they list, export, and end it', async () => {
    const { client } = await startApi()
    const [api, ann] = [await client(), await client({ sub: 'ann' })]
    await api.create('team/notes')
    const { id } = await api.revoke({ document: 'team/*', access: 'none' })
    await expect(ann.document('team/notes').read('text')).rejects.toMatchObject({ status: 403 })
    expect((await api.list()).documents).toHaveLength(1)
    expect(await new Response(await api.export()).text()).toContain('"done":true')
    expect(await api.revocations()).toHaveLength(1)
    await api.unrevoke(id)
    expect((await ann.document('team/notes').read('text')).content.trim()).toBe('')
  })
})

it('what the server does with a document itself is no connection, and cannot be ended', async () => {
  const { client, quire } = await startApi()
  const api = await client()
  await api.create('notes')
  const opened = new Promise<void>((resolve) => {
    onTestFinished(
      quire.document('notes').subscribe(({ kind }) => {
        if (kind === 'open') resolve()
      }),
    )
  })
  await opened
  expect(await api.document('notes').connections()).toEqual([])
  for (let id = 1; id <= 5; id++)
    await expect(api.document('notes').kick(id)).rejects.toMatchObject({ status: 404 })
})
