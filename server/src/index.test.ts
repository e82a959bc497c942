/* What the package gives out: these names and no others, each with a promise, and the values with an example. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as quire from './index.ts'

const VALUES = [
  'QuireError',
  'createLog',
  'createQuire',
  'jwtAuth',
  'memoryStorage',
  'openAuth',
  'optionRows',
  'readConfig',
  'serve',
  'sqliteStorage',
]

const TYPES = [
  'Access',
  'AccessRequest',
  'Auth',
  'Authorize',
  'AuthorizeQuestion',
  'CloseOptions',
  'Cluster',
  'Config',
  'Connection',
  'ContentModule',
  'ContentOptions',
  'Denial',
  'Denied',
  'DocumentEvent',
  'DocumentFacts',
  'DocumentHandle',
  'EditOptions',
  'FieldOptions',
  'Grant',
  'GrantPart',
  'Granted',
  'Hint',
  'Json',
  'JwtOptions',
  'LimitName',
  'LogLevel',
  'Observe',
  'OptionRow',
  'PrefixRequest',
  'Quire',
  'QuireErrorKind',
  'QuireEvent',
  'QuireEventKind',
  'QuireLimits',
  'QuireOptions',
  'RequestFacts',
  'RunningServer',
  'SchemaChoice',
  'ServeParts',
  'SqliteStorageOptions',
  'Stateless',
  'StatelessMessage',
  'StatelessReply',
  'Storage',
  'WrittenContent',
]

/** Each name that the index exports, and the file that it comes from. */
const exported = [
  ...readFileSync(new URL('index.ts', import.meta.url), 'utf8').matchAll(
    /export (type )?\{([^}]*)\} from '(.*)'/g,
  ),
].flatMap(([, type, names = '', from = '']) =>
  names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => ({
      name: name.replace(/^type /, ''),
      isType: type !== undefined || name.startsWith('type '),
      from,
    })),
)

/** The docstring right before a declaration, or ''. */
const docstringOf = (name: string, from: string): string => {
  const text = readFileSync(new URL(from, import.meta.url), 'utf8')
  const [, docstring = ''] =
    new RegExp(
      `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport (?:const|class|interface|type) ${name}\\b`,
    ).exec(text) ?? []
  return docstring
}

it('gives out these names and no others', () => {
  const namesOf = (isType: boolean) =>
    exported.flatMap((one) => (one.isType === isType ? [one.name] : [])).toSorted()
  expect(Object.keys(quire).toSorted()).toEqual(VALUES)
  expect(namesOf(false)).toEqual(VALUES)
  expect(namesOf(true)).toEqual(TYPES)
})

it.each(exported)('$name has a docstring, and an example if it is a value', (one) => {
  const needed = one.isType ? /\S/ : /@example\n \* ```ts\n/
  expect(docstringOf(one.name, one.from)).toMatch(needed)
})
