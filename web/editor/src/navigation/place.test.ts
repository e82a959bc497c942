import { describe, expect, it } from 'vitest'

import { placeAt } from './place.ts'

describe('a path', () => {
  it('is home at the root', () => {
    expect(placeAt('/')).toEqual({ kind: 'home' })
  })

  it('is a document below /p/, slashes included', () => {
    expect(placeAt('/p/notes/2026/a%20b')).toEqual({ kind: 'document', name: 'notes/2026/a b' })
  })

  it('is a bad name when nothing follows /p/', () => {
    for (const pathname of ['/p', '/p/']) {
      expect(placeAt(pathname)).toEqual({ kind: 'badName', problem: { kind: 'empty' } })
    }
  })

  it('is a bad name when it cannot be decoded', () => {
    expect(placeAt('/p/100%')).toEqual({ kind: 'badName', problem: { kind: 'bad-escape' } })
  })

  it('is nowhere otherwise', () => {
    expect(placeAt('/about')).toEqual({ kind: 'nowhere', pathname: '/about' })
  })
})
