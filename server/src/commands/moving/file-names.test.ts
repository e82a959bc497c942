import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDocName, utf8Length, type DocName } from '@quire/shared'
import { fileNameOf, plainFileNameOf } from './file-names.ts'

const named = (raw: string): DocName => {
  const name = parseDocName(raw)
  if (!name.ok) throw new Error(name.error.message)
  return name.value
}

/** The name that a path was made of: there is one for each. */
const nameOfPath = (path: string): string =>
  path
    .replace(/\.md$/, '')
    .replaceAll('%+/', '')
    .split('/')
    .map((part) => (part === '%' ? '' : part))
    .map((part) => decodeURIComponent(part.replaceAll(/%(?![0-9A-F]{2})/g, '%25')))
    .join('/')

/** Names of all kinds: what is special in paths, anything else, and long ones. */
const parts = fc.oneof(
  fc.constantFrom('', '.', '..', 'aux', 'CON', 'com1.x', 'a.md', 'b.partial', '100 %', '%41', '%+'),
  fc.constantFrom('manifest.ndjson', 'x'.repeat(400), '🙂'.repeat(100), 'e\u0301', 'É', ' a ', '-'),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
)
const names = fc
  .array(parts, { minLength: 1, maxLength: 5 })
  .map((all) => all.join('/'))
  .filter((raw) => parseDocName(raw).ok)
  .map(named)

/** A path that every file system takes, and that stays within its folder. */
const expectTaken = (path: string): void => {
  expect(path.length).toBeLessThan(4096 - 512)
  for (const part of path.split('/')) {
    expect(utf8Length(part) + '.partial'.length).toBeLessThanOrEqual(255)
    expect(part).not.toMatch(/^$|^\.|[. ]$|[\p{Cc}\\:*?"<>|]/u)
    expect(part).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i)
  }
}

describe('the file of a document', () => {
  it.each([
    ['team/Notes 1', 'team/Notes 1.md'],
    ['a:b', 'a%3Ab.md'],
    ['100 %', '100 %25.md'],
    ['a//b/', 'a/%/b/%.md'],
    ['.hidden/../x', '%2Ehidden/%2E%2E/x.md'],
    ['end.', 'end%2E.md'],
    ['.', '%2E.md'],
    ['aux', '%61ux.md'],
    ['Straße/日本語 🙂', 'Straße/日本語 🙂.md'],
    ['v.md/x', 'v%2Emd/x.md'],
    ['manifest.ndjson/x', 'manifest%2Endjson/x.md'],
    ['line\nbreak', 'line%0Abreak.md'],
  ])('of %j is %j', (raw, path) => {
    expect(fileNameOf(named(raw), '.md')).toBe(path)
    expect(nameOfPath(path)).toBe(raw)
  })

  it('is another one for another name, and can be written anywhere', () => {
    fc.assert(
      fc.property(names, (name) => {
        const path = fileNameOf(name, '.md')
        expectTaken(path)
        expect(nameOfPath(path)).toBe(name)
        const plain = plainFileNameOf(name, '.md')
        expectTaken(plain)
        expect(plain).toMatch(/^(%[0-9A-F]{2}|%\+?|\/)+\.md$/)
        expect(nameOfPath(plain)).toBe(name)
      }),
      { numRuns: 500 },
    )
  })

  it('is in no folder that is another one’s file', () => {
    fc.assert(
      fc.property(names, names, (one, other) => {
        const folders = fileNameOf(other, '.md').split('/').slice(0, -1)
        const file = fileNameOf(one, '.md')
        expect(folders.map((_, at) => folders.slice(0, at + 1).join('/'))).not.toContain(file)
      }),
      { numRuns: 500 },
    )
  })
})
