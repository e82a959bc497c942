import { expect, test } from 'vitest'
import { attemptValue, problemFrom } from './problem.ts'

const withCode = (code: string, message: string): Error =>
  Object.assign(new Error(message), { code })

test.each([
  ['SQLITE_FULL', 'full'],
  ['SQLITE_IOERR_SHMSIZE', 'full'],
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['SQLITE_READONLY', 'read-only'],
  ['SQLITE_READONLY_DBMOVED', 'read-only'],
  ['EROFS', 'read-only'],
  ['EACCES', 'read-only'],
  ['EPERM', 'read-only'],
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_BUSY_SNAPSHOT', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_CORRUPT_INDEX', 'corrupt'],
  ['SQLITE_NOTADB', 'corrupt'],
  ['SQLITE_IOERR_FSYNC', 'io'],
  ['SQLITE_CANTOPEN', 'io'],
  ['ENOTDIR', 'io'],
])('%s is of kind %s', (code, kind) => {
  expect(problemFrom(withCode(code, 'words'), 'act', '/data/quire.db')).toEqual({
    kind,
    message: `/data/quire.db: cannot act: words (${code})`,
  })
})

test('an error without a code is named by its type, and a thrown non-error by itself', () => {
  expect(attemptValue('act', 'f', () => (null as unknown as string[]).length)).toMatchObject({
    error: { kind: 'io', message: expect.stringContaining('(TypeError)') },
  })
  expect(problemFrom(new Error('words'), 'act', 'f').message).toBe('f: cannot act: words')
  expect(problemFrom('words', 'act', 'f').message).toBe('f: cannot act: words (unknown)')
})
