/* What the package gives out: these names and no others, each with a promise and an example. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as client from './client.ts'
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
  'AuthorizeOperations',
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
  'Family',
  'FieldOptions',
  'Grant',
  'GrantPart',
  'Granted',
  'GrantedOperations',
  'Hint',
  'Json',
  'JwtOptions',
  'LimitName',
  'LogLevel',
  'MeasuringEvent',
  'Observe',
  'OperationsGrant',
  'OperationsQuestion',
  'OperationsRequest',
  'OptionRow',
  'PrefixRequest',
  'Quire',
  'QuireErrorKind',
  'QuireEvent',
  'QuireEventKind',
  'QuireLimits',
  'QuireOptions',
  'QuireWebhooks',
  'RequestFacts',
  'RunningServer',
  'SchemaChoice',
  'ServeParts',
  'SqliteStorageOptions',
  'Stateless',
  'StatelessMessage',
  'StatelessReply',
  'Storage',
  'SubscribeOptions',
  'WrittenContent',
]

const CLIENT_VALUES = ['ApiClient', 'ApiDocumentClient', 'QuireApiError', 'createApiClient']

const CLIENT_TYPES = [
  'ApiClientOptions',
  'ApiConnection',
  'ApiDeadLetter',
  'ApiDocument',
  'ApiFormat',
  'ApiOperationsClient',
  'ApiOperationsDocument',
  'ApiPatch',
  'ApiRevocation',
  'ApiStep',
  'ApiVersion',
  'ApiWebhookEndpoint',
  'ApiWritten',
  'ChangeOptions',
  'ContentByFormat',
  'ListQuery',
  'ReadContent',
]

interface Exported {
  readonly name: string
  readonly isType: boolean
  /** The file that declares it. */
  readonly from: string
}

const textOf = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')

/** What an entry gives out of another file, and what it declares itself: it exports in these two forms and no other. */
const PASSED_ON = /^export (type )?\{([^}]*)\} from '(.*)'/gm
const DECLARED = /^export (const|class|interface|type) (\w+)/gm

const exportedBy = (entry: string): readonly Exported[] => [
  ...[...textOf(entry).matchAll(PASSED_ON)].flatMap(([, type, names = '', from = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map((name) => ({
        name: name.replace(/^type /, ''),
        isType: type !== undefined || name.startsWith('type '),
        from,
      })),
  ),
  ...[...textOf(entry).matchAll(DECLARED)].map(([, kind = '', name = '']) => ({
    name,
    isType: kind === 'interface' || kind === 'type',
    from: entry,
  })),
]

/** The docstring right before a declaration, or ''. */
const docstringOf = ({ name, from }: Exported): string => {
  const [, docstring = ''] =
    new RegExp(
      `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport (?:const|class|interface|type) ${name}\\b`,
    ).exec(textOf(from)) ?? []
  return docstring
}

describe.each([
  { entry: 'index.ts', given: quire, as: '@quire/server', values: VALUES, types: TYPES },
  {
    entry: 'client.ts',
    given: client,
    as: '@quire/server/client',
    values: CLIENT_VALUES,
    types: CLIENT_TYPES,
  },
])('$as', ({ entry, given, as, values, types }) => {
  const exported = exportedBy(entry)

  it('gives out these names and no others', () => {
    const namesOf = (isType: boolean) =>
      exported.flatMap((one) => (one.isType === isType ? [one.name] : [])).toSorted()
    const others = textOf(entry).replaceAll(PASSED_ON, '').replaceAll(DECLARED, '')
    expect(others).not.toMatch(/^export/m)
    expect(Object.keys(given).toSorted()).toEqual(values)
    expect(namesOf(false)).toEqual(values)
    expect(namesOf(true)).toEqual(types)
  })

  it.each(exported)('$name has a docstring with an example of its own', (one) => {
    const [promise = '', example = ''] = docstringOf(one).split(' * @example\n * ```ts\n')
    expect(promise).toMatch(/\w/)
    // it brings in what it is of, as a user would
    const [, brought = ''] =
      new RegExp(`^ \\* import (?:type )?\\{([^}]*)\\} from '${as}'$`, 'm').exec(example) ?? []
    expect(brought.split(/\W+/)).toContain(one.name)
  })
})
