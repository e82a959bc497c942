import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as shared from './index.ts'
import * as testing from './testing/index.ts'

test('the surface is these names and no more', () => {
  expect(Object.keys(shared).toSorted()).toEqual([
    'BEAT_EVENT',
    'ByteReader',
    'CONNECTION',
    'EMPTY_STATE_VECTOR',
    'EMPTY_UPDATE',
    'EventReader',
    'IdSet',
    'OPERATIONS_DOCUMENT',
    'OPERATIONS_FEED',
    'QUIRE_REVISION',
    'QUIRE_SUBPROTOCOL',
    'SAMPLES_KEPT',
    'SAMPLE_MS',
    'StreamedMessages',
    'TOP_DOCUMENTS',
    'TROUBLES_KEPT',
    'accesses',
    'anatomyOf',
    'assertNever',
    'bodyBehind',
    'bytesEqual',
    'bytesEvent',
    'clientId',
    'closeCodes',
    'closeNameOf',
    'closedEvent',
    'concatBytes',
    'cutUpdate',
    'decodeDeleteSet',
    'decodeNotice',
    'decodePresence',
    'decodeRequest',
    'decodeSample',
    'decodeStateVector',
    'docId',
    'encodeChannelNotice',
    'encodeChannelRequest',
    'encodeConnectionNotice',
    'encodeConnectionRequest',
    'encodePresence',
    'encodeSample',
    'err',
    'fitCloseReason',
    'indexOfUpdate',
    'isDeleteSet',
    'isOpenRequest',
    'jsonProblem',
    'limits',
    'millis',
    'ok',
    'openedEvent',
    'ownBytes',
    'parseDocName',
    'parsePosition',
    'parseStateVector',
    'readFeed',
    'readSync',
    'readUpdate',
    'sampleFields',
    'seq',
    'sessionId',
    'streamFields',
    'streamedLength',
    'stretchesOf',
    'structsWithin',
    'syncTypes',
    'updateBeyond',
    'updateOfDeletes',
    'utf16Units',
    'utf8Length',
    'writeStreamed',
    'writeSync',
  ])
})

test('the surface for tests is these names and no more', () => {
  expect(Object.keys(testing).toSorted()).toEqual([
    'anyValues',
    'applyEdit',
    'edits',
    'everyTruncation',
    'forgeHistory',
    'forgedHistories',
    'jsonValues',
    'mutate',
    'mutations',
    'runSession',
    'sessionPlans',
    'texts',
  ])
})

test('the types are exported by name', () => {
  const source = readFileSync(join(import.meta.dirname, 'index.ts'), 'utf8')
  expect(source).not.toContain('export *')
  const types = [...source.matchAll(/^export type \{([^}]*)\}/gm)].flatMap((match) =>
    (match[1] ?? '').split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()])),
  )
  expect(new Set(types)).toEqual(
    new Set([
      'Advice',
      'AnatomyAuthor',
      'AnatomyClient',
      'AnatomyContent',
      'AnatomyParts',
      'AnatomyRoot',
      'AnatomyStamp',
      'BusyDocument',
      'Bytes',
      'ChannelNotice',
      'ChannelRequest',
      'ClientId',
      'CloseCode',
      'CloseName',
      'ConnectionNotice',
      'ConnectionRequest',
      'ContentKind',
      'DecodeProblem',
      'DeleteSet',
      'DocId',
      'DocName',
      'Ending',
      'Frame',
      'Greeting',
      'IdRange',
      'KnownPresence',
      'Mark',
      'Millis',
      'NameProblem',
      'OperationsEntry',
      'OperationsNow',
      'OperationsSample',
      'OperationsTrouble',
      'OperationsView',
      'PresenceEntry',
      'PresenceLimits',
      'QuireAccess',
      'ReceivedNotice',
      'ReceivedRequest',
      'ReceivedSync',
      'Result',
      'SampleField',
      'Seq',
      'SessionCount',
      'SessionId',
      'SlowReader',
      'StateVector',
      'StreamEvent',
      'StreamOpening',
      'Stretch',
      'SyncMessage',
      'UnknownMessage',
      'Update',
      'UpdateAnatomy',
      'UpdateContents',
      'UpdateIndex',
    ]),
  )
})

test('outside of testing and tests, source imports nothing but lib0 and itself, and no ambient effects', () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('testing'),
  )
  expect(files.length).toBeGreaterThan(10)
  for (const file of files) {
    const source = readFileSync(join(import.meta.dirname, file), 'utf8')
    for (const [, from] of source.matchAll(/(?:from|import) '([^']+)'/g))
      expect(`${file}: ${from}`).toMatch(/: (\.{1,2}\/(?!testing)|lib0\/)/)
    const effects = source.match(/\b(console|setTimeout|setInterval|Math\.random|Date)\b/)
    expect(`${file}: ${effects?.[0]}`).toBe(`${file}: undefined`)
  }
})

test('assertNever names what nobody handled', () => {
  const unhandled = { kind: 'new arm' } as never
  expect(() => shared.assertNever(unhandled)).toThrow('unhandled case: {"kind":"new arm"}')
})
