import { describe, expect, it, vi } from 'vitest'
import { lazyTransport } from './lazy.ts'
import type { LineListener, Transport } from './transport.ts'

const open = (load: () => Promise<Transport>) => {
  const listener = {
    message: vi.fn<LineListener['message']>(),
    ended: vi.fn<(why: string) => void>(),
  }
  return { line: lazyTransport(load).open('http://server', listener), ...listener }
}

/** A transport that notes what is done with it. */
const noting = () => {
  const opened: { readonly url: string; readonly listener: LineListener }[] = []
  const [sent, close] = [vi.fn<(frame: Uint8Array) => void>(), vi.fn<() => void>()]
  const transport: Transport = {
    open(url, listener) {
      opened.push({ url, listener })
      return { send: sent, close }
    },
  }
  return { transport, opened, sent, close }
}

describe('a transport that is fetched once it is needed', () => {
  it('says in order what was said before it was there', async () => {
    const { promise, resolve } = Promise.withResolvers<Transport>()
    const { line, message } = open(() => promise)
    line.send(Uint8Array.of(1))
    line.send(Uint8Array.of(2))
    const { transport, opened, sent, close } = noting()
    resolve(transport)
    await vi.waitFor(() => expect(opened).toMatchObject([{ url: 'http://server' }]))
    line.send(Uint8Array.of(3))
    expect(sent.mock.calls.map(([[byte]]) => byte)).toEqual([1, 2, 3])
    opened[0]?.listener.message(Uint8Array.of(4))
    expect(message).toHaveBeenCalledWith(Uint8Array.of(4))
    line.close()
    expect(close).toHaveBeenCalledOnce()
  })

  it('is not opened where it was closed meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<Transport>()
    const { line, ended } = open(() => promise)
    line.send(Uint8Array.of(1))
    line.close()
    const { transport, opened } = noting()
    resolve(transport)
    await promise
    expect([opened, ended.mock.calls]).toEqual([[], []])
  })

  it('ends where it cannot be fetched, or opened', async () => {
    const fetched = open(() => Promise.reject(new Error('no network')))
    await vi.waitFor(() => expect(fetched.ended.mock.calls).toEqual([['no network']]))
    const opened = open(async () => ({
      open() {
        throw new TypeError('not from here')
      },
    }))
    await vi.waitFor(() => expect(opened.ended.mock.calls).toEqual([['not from here']]))
    opened.line.send(Uint8Array.of(1))
    expect(opened.ended).toHaveBeenCalledOnce()
  })
})
