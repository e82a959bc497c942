import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { isOwnTarget, targetOf } from './own-paths.ts'

it.each([
  ['/yjs/notes', '', true],
  ['/yjs', '', true],
  ['/sync/stream?token=a', '', true],
  ['/yjs?token=/a/b', '', true],
  ['/', '', false],
  ['/yjsx/notes', '', false],
  ['//yjs/notes', '', false],
  ['/other/yjs', '', false],
  ['/collab/yjs/notes', '/collab', true],
  ['http://localhost/collab/yjs/notes', '/collab', true],
  ['/collab/health/live', '/collab', true],
  ['/collab/metrics?token=a', '/collab', true],
  ['/collab', '/collab', false],
  ['/collab/', '/collab', false],
  ['/collabx/yjs', '/collab', false],
  ['/yjs/collab/yjs', '/collab', false],
  ['/collab/../yjs', '/collab', false],
  ['/app?next=/collab/yjs', '/collab', false],
])('%s below "%s": %s', (target, basePath, isOwn) => {
  expect(isOwnTarget(target, basePath)).toBe(isOwn)
})

it('reads what a request came with behind a router that strips', () => {
  const facts = (fields: object) => targetOf(fields as IncomingMessage)
  expect(facts({ url: '/a' })).toBe('/a')
  expect(facts({ url: '/yjs/a', originalUrl: '/collab/yjs/a' })).toBe('/collab/yjs/a')
  expect(facts({})).toBe('/')
})
