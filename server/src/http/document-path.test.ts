import { describe, expect, it } from 'vitest'
import { documentInPath } from './document-path.ts'

const named = (target: string): string => {
  const name = documentInPath(target, '/yjs/')
  return name.ok ? name.value : `refused: ${name.error}`
}

describe('the document that a request target names', () => {
  it.each([
    ['/yjs/notes', 'notes'],
    ['/yjs/notes?token=a%2Fb', 'notes'],
    ['/yjs/notes?', 'notes'],
    ['/yjs/team/a/b', 'team/a/b'],
    ['/yjs/team%2Fa%2fb', 'team/a/b'],
    ['/yjs//', '/'],
    ['/yjs/a/', 'a/'],
    ['/yjs/%E2%98%83', '☃'],
    ['/yjs/%F0%9F%98%80', '😀'],
    ['/yjs/caf%C3%A9', 'café'],
    ['/yjs/a%20b+c', 'a b+c'],
    ['/yjs/%253F', '%3F'], // decoded once and not twice
    ['/yjs/%3Fa%23b', '?a#b'],
    ['http://127.0.0.1:4400/yjs/notes?token=a', 'notes'],
    ['/yjs/http://a/b', 'http://a/b'],
    ['/yjs/..', '..'],
    ['/yjs/a/../b', 'a/../b'],
    ['/yjs/%2e%2e', '..'],
    ['/yjs/__proto__', '__proto__'],
    ['/yjs/constructor', 'constructor'],
    [`/yjs/${'a'.repeat(1024)}`, 'a'.repeat(1024)],
    [`/yjs/${'%E2%98%83'.repeat(341)}a`, `${'☃'.repeat(341)}a`], // 1,024 bytes of UTF-8
  ])('%j is %j', (target, name) => expect(named(target)).toBe(name))

  it.each([
    ['/yjs/', 'document name is empty'],
    ['/yjs/?token=a', 'document name is empty'],
    ['/yjs', 'path does not start with /yjs/'],
    ['', 'path does not start with /yjs/'],
    ['/other/notes', 'path does not start with /yjs/'],
    ['/yjs/%00', 'document name holds U+0000'],
    ['/yjs/a%00b', 'document name holds U+0000'],
    ['/yjs/%', 'document name is not percent-encoded UTF-8'],
    ['/yjs/%zz', 'document name is not percent-encoded UTF-8'],
    ['/yjs/%E2%98', 'document name is not percent-encoded UTF-8'],
    ['/yjs/%ED%A0%80', 'document name is not percent-encoded UTF-8'], // a surrogate
    ['/yjs/%C0%AF', 'document name is not percent-encoded UTF-8'], // a slash the long way
    [`/yjs/${'a'.repeat(1025)}`, 'document name is 1025 bytes of UTF-8, limit 1024'],
    [`/yjs/${'%E2%98%83'.repeat(342)}`, 'document name is 1026 bytes of UTF-8, limit 1024'],
  ])('%j is refused: %s', (target, reason) => expect(named(target)).toBe(`refused: ${reason}`))
})
