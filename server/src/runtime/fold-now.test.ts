import { expect, it } from 'vitest'
import { plainGrant } from '../auth/plain-grant.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { foldNow } from './fold-now.ts'
import { settle, startTestServer, testServerLimits } from './testing/server.ts'

it('says so at once where the document finds no place', async () => {
  const events: string[] = []
  const server = startTestServer({ serverLimits: { ...testServerLimits, openDocuments: 1 } })
  server.connect(nameOf('open'))
  await settle()
  const folded = foldNow({
    documents: server.documents,
    document: nameOf('closed'),
    clock: server.clock,
    grant: plainGrant({ access: 'write', user: null, expiresAt: null }),
    client: { address: '', addressGroup: null },
    withinMs: 5_000,
    observe: { event: ({ kind }) => events.push(kind) },
  })
  expect(await folded).toMatchObject({
    error: { close: 'tryAgainLater', reason: '1 documents are open, limit 1' },
  })
  expect(events).toEqual([])
})
