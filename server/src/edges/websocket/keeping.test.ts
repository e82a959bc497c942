import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test, vi } from 'vitest'
import { startEdge } from './testing/edge-fixture.ts'
import { openRaw } from './testing/raw-client.ts'
import { PATIENCE_MS, until } from './testing/until.ts'
import type { EdgeBindings } from './edge-bindings.ts'

vi.setConfig({ testTimeout: PATIENCE_MS })

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void // what the flag puts into new contexts

test('an open socket keeps neither its request nor the context of its route', async () => {
  const kept = new Map<string, WeakRef<object>>()
  const fixture = await startEdge({
    mount: (app) =>
      app.use('/listen', async (c, next) => {
        const { incoming } = c.env as EdgeBindings // the edge's own
        for (const [what, object] of Object.entries({ incoming, context: c, request: c.req.raw }))
          kept.set(what, new WeakRef(object))
        await next()
      }),
  })
  await openRaw(fixture.port, '/listen')
  await until(() => expect(fixture.stories).toHaveLength(1))
  expect([...kept.keys()]).toEqual(['incoming', 'context', 'request'])
  await until(() => {
    collectGarbage()
    expect([...kept].filter(([, ref]) => ref.deref()).map(([what]) => what)).toEqual([])
  })
  expect(fixture.edge.figures().sockets).toBe(1)
  await fixture.stop()
})
