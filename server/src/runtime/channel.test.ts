import type { Frame } from '@quire/shared'
import { describe, expect, it } from 'vitest'
import type { WireBytes } from '../ports/socket.ts'
import { Channel } from './channel.ts'
import { createMemorySocket, memoryWire } from './testing/memory-socket.ts'

const frame = Uint8Array.of(1, 1, 0) as Frame

/** A channel, the far end of its socket, and what its owner was told. */
const openChannel = () => {
  const { socket, peer } = createMemorySocket()
  const told: unknown[] = []
  const channel = new Channel(socket, {
    pause: () => told.push('pause'),
    resume: () => told.push('resume'),
    ended: (_, code, reason) => told.push(['ended', code, reason]),
  })
  return { socket, peer, channel, told }
}

const wireBytes = (): WireBytes => {
  const bytes = new Uint8Array(memoryWire.lengthOf(frame))
  memoryWire.write(frame, bytes, 0)
  return bytes as WireBytes // `memoryWire` has written all of it
}

describe('a channel', () => {
  it('sends over its socket, in both ways, and is where and what its socket is', () => {
    const { socket, peer, channel } = openChannel()
    channel.send(frame)
    channel.sendWire(wireBytes())
    expect(peer.frames).toEqual([frame, frame])
    expect([channel.address, channel.addressGroup, channel.wire]).toEqual([
      socket.address,
      socket.addressGroup,
      memoryWire,
    ])
  })

  it('is behind all that waits on its socket, whoever it is for', () => {
    const { socket, peer, channel } = openChannel()
    peer.stall()
    socket.send(frame)
    expect(channel.queuedBytes()).toBe(3)
    channel.end()
    expect(channel.queuedBytes()).toBe(0)
  })

  it('leaves it to its owner whether the socket is read, and sees it', () => {
    const { socket, channel, told } = openChannel()
    channel.pause()
    channel.resume()
    expect(told).toEqual(['pause', 'resume'])
    expect(channel.isPaused).toBe(false)
    socket.pause()
    expect(channel.isPaused).toBe(true)
  })

  it('that is closed tells its owner once, which reads on, and leaves the socket open', () => {
    const { peer, channel, told } = openChannel()
    channel.close(4401, 'not you')
    channel.close(1013, 'again')
    expect(told).toEqual(['resume', ['ended', 4401, 'not you']])
    expect(peer.ending).toBeNull()
  })

  it.each(['close', 'end'] as const)('does nothing more after its %s', (how) => {
    const { peer, channel, told } = openChannel()
    if (how === 'end') channel.end()
    else channel.close(1013, 'later')
    told.length = 0
    channel.send(frame)
    channel.sendWire(wireBytes())
    channel.pause()
    channel.close(4401, 'not you')
    channel.terminate()
    expect([peer.frames, peer.ending, told]).toEqual([[], null, []])
  })

  it('that is dropped drops the socket: a peer that does not read one of its sessions reads none', () => {
    const { peer, channel } = openChannel()
    channel.terminate()
    expect(peer.ending?.code).toBe(1006)
  })
})
