/* Requests of the document API as HTTP has them: paths, methods, preconditions, types, problems. */
import { describe, expect, it } from 'vitest'
import { startApi } from './testing/api-server.ts'

describe('a base path that looks like a path of the API', () => {
  it.each(['/documents', '/api/v1', '/a/api/v1/documents'])(
    '%s: is none of the document’s name',
    async (basePath) => {
      const server = await startApi({ basePath })
      const api = await server.client()
      await api.create('notes', { content: { format: 'text', value: 'mine' } })
      expect((await api.document('notes').read('text')).content.trim()).toBe('mine')
      expect((await api.document('notes').facts())?.name).toBe('notes')
      expect((await api.list()).documents.map(({ name }) => name)).toEqual(['notes'])
    },
  )
})
