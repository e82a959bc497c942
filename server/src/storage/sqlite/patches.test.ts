import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unwrap } from '../contract/fixture.ts'
import { openWriterConnection } from './connection.ts'
import { knownPart } from './patches.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

test('a part is looked for by its hash, however many a patch has', () => {
  const db = unwrap(openWriterConnection(join(temporaryDir(), 'quire.db'), 'full'))
  const steps = db
    .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${knownPart}`)
    .all(1, Buffer.alloc(8), Buffer.alloc(1))
    .map(({ detail }) => detail)
  expect(steps).toEqual(['SEARCH patch_parts USING PRIMARY KEY (patch=? AND hash=?)'])
  db.close()
})
