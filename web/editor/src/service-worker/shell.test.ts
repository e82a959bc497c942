import { describe, expect, it } from 'vitest'

import { handlingOf, isAway } from './shell.ts'
import type { Asked, Handling, Shell } from './shell.ts'

const origin = 'https://docs.example.org'
const shell: Shell = {
  version: '1',
  files: ['/', '/theme.js', '/assets/main-1.js'].map((path) => ({ path, integrity: '' })),
}
const handling = (path: string, asked: Partial<Asked> = {}): Handling =>
  handlingOf({ method: 'GET', mode: 'cors', url: origin + path, ...asked }, origin, shell)
const navigate = { mode: 'navigate' } as const

describe('the worker', () => {
  it('answers navigations to the home page and to documents', () => {
    for (const path of ['/', '/?q', '/p/notes', '/p/a/b%2Fc'])
      expect(handling(path, navigate)).toBe('page')
  })

  it('answers for what a build has, and for what an earlier one had', () => {
    expect(handling('/assets/main-1.js')).toBe('asset')
    expect(handling('/assets/main-0.js')).toBe('asset')
    expect(handling('/theme.js', { mode: 'no-cors' })).toBe('file')
  })

  it.each([
    '/sync',
    '/sync/stream',
    '/yjs/notes',
    '/api/documents',
    '/hocuspocus',
    '/doc/new',
    '/d/1/ws/1',
    '/metrics',
    '/admin',
    '/health/ready',
    '/service-worker.js',
    '/p',
    '/pages',
  ])('never touches %s', (path) => {
    expect(handling(path)).toBe('pass')
    expect(handling(path, navigate)).toBe('pass')
    expect(handling(path, { method: 'POST' })).toBe('pass')
  })

  it('never touches what is not asked for, or belongs to others', () => {
    expect(handling('/', { ...navigate, method: 'POST' })).toBe('pass')
    expect(handling('/p/notes')).toBe('pass')
    expect(handling('', { url: 'https://elsewhere.example/assets/main-1.js' })).toBe('pass')
    expect(handling('', { ...navigate, url: 'https://elsewhere.example/p/notes' })).toBe('pass')
  })

  it('takes for away what a gateway says of the server, and nothing that the server says', () => {
    expect([502, 503, 504].every(isAway)).toBe(true)
    expect([200, 304, 401, 403, 404, 429, 500].some(isAway)).toBe(false)
  })
})
