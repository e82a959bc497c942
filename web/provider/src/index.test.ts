/* What the package gives out: these names and no others. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as provider from './index.ts'
import * as file from './offline/file/index.ts'
import * as offline from './offline/index.ts'
import * as react from './react/index.ts'

const ENTRIES = [
  {
    as: '@quire/provider',
    entry: 'index.ts',
    given: provider,
    values: ['connect'],
    types: [
      'Access',
      'Always',
      'ConnectOptions',
      'Connected',
      'Flushed',
      'Kept',
      'KeptDocument',
      'KeptListener',
      'OfflineStore',
      'Position',
      'ProviderState',
      'Signal',
      'Situation',
      'StoreProblem',
      'TokenSource',
      'TransportName',
      'Unsaved',
    ],
  },
  {
    as: '@quire/provider/react',
    entry: 'react/index.ts',
    given: react,
    values: ['useDocument', 'useMyPresence', 'usePresence', 'useProviderState'],
    types: ['DocumentOptions', 'Present'],
  },
  {
    as: '@quire/provider/offline',
    entry: 'offline/index.ts',
    given: offline,
    values: [
      'createIndexedDbStore',
      'createMemoryStore',
      'createOfflineMemory',
      'encryptWith',
      'unheard',
    ],
    types: ['IndexedDbOptions', 'Keeping', 'OfflineMemory'],
  },
  {
    as: '@quire/provider/node',
    entry: 'offline/file/index.ts',
    given: file,
    values: ['createFileStore', 'encryptWith', 'unheard'],
    types: ['FileStoreOptions', 'Keeping'],
  },
]

it('has these entries, and one for tests', () => {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const { exports } = JSON.parse(manifest) as {
    readonly exports: Readonly<Record<string, unknown>>
  }
  const entries = Object.keys(exports).map((path) => path.replace('.', '@quire/provider'))
  expect(entries).toEqual([...ENTRIES.map(({ as }) => as), '@quire/provider/testing'])
})

/** The entries export in this form and no other. */
const PASSED_ON = /^export (type )?\{([^}]*)\} from '.*'$/gm

it.each(ENTRIES)('$as gives out these names and no others', ({ entry, given, values, types }) => {
  const text = readFileSync(new URL(entry, import.meta.url), 'utf8')
  const named = { values: new Array<string>(), types: new Array<string>() }
  for (const [, type, names = ''] of text.matchAll(PASSED_ON))
    named[type === undefined ? 'values' : 'types'].push(
      ...names.split(',').flatMap((name) => name.match(/\w+/g) ?? []),
    )
  expect(text.replaceAll(PASSED_ON, '')).not.toMatch(/^export/m)
  expect(Object.keys(given).toSorted()).toEqual(values)
  expect(named.values.toSorted()).toEqual(values)
  expect(named.types.toSorted()).toEqual(types)
})
