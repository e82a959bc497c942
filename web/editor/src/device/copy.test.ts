import type { OfflineStore } from '@quire/provider'
import { afterEach, expect, it, vi } from 'vitest'
import * as Y from 'yjs'

import { parseLinkableName } from '../names/doc-name.ts'
import { keepCopy } from './copy.ts'
import type { Copied } from './copy.ts'

const problem = { ok: false, error: { kind: 'unavailable', message: 'private' } } as const
const keepsNothing: OfflineStore = {
  open: () => Promise.resolve(problem),
  documents: () => Promise.resolve(problem),
  close: () => Promise.resolve(),
}

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('a copy that neither this device nor the server keeps ends with the reason, in bounded time', async () => {
  vi.useFakeTimers()
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('there is no network')))
  const name = parseLinkableName('notes')
  if (!name.ok) throw new Error('"notes" is a name')
  const doc = new Y.Doc()
  doc.getText().insert(0, 'the earlier text')
  const copied = vi.fn<(copied: Copied) => void>()
  const copying = { name: name.value, doc, store: keepsNothing, random: () => 0 }
  void keepCopy({ ...copying, serverUrl: 'http://127.0.0.1:9' }).then(copied)
  await vi.advanceTimersByTimeAsync(19_000)
  expect(copied).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(copied).toHaveBeenCalledExactlyOnceWith({
    ok: false,
    why: 'this device keeps nothing, and the server did not save it within 20 seconds',
  })
})
