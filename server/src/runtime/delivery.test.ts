import { millis } from '@quire/shared'
import { beforeEach, describe, expect, it } from 'vitest'
import type { WireBytes } from '../ports/socket.ts'
import { Delivery } from './delivery.ts'
import { ReadingPace } from './reading-pace.ts'
import { createMemorySocket } from './testing/memory-socket.ts'

/** A message of the memory wire with so many bytes. */
const piece = (bytes: number) => (): WireBytes => {
  const laidOut = new Uint8Array(4 + bytes)
  new DataView(laidOut.buffer).setUint32(0, bytes)
  return laidOut as WireBytes // laid out above
}

const KiB = 1024

const feed = (delivery: Delivery, at = 0) => delivery.feed({ now: millis(at), readMs: 60_000 })

let ended = 0
const done = (): void => void ended++
beforeEach(() => {
  ended = 0
})

describe('a delivery', () => {
  it('writes everything to one who reads, with a pause after each MiB', () => {
    const { socket, peer } = createMemorySocket()
    const delivery = new Delivery(socket, new ReadingPace())
    delivery.add(
      Array.from({ length: 20 }, () => piece(128 * KiB)),
      done,
    )
    expect(feed(delivery)).toBe('more')
    expect(peer.frames.length).toBe(8)
    expect([feed(delivery), feed(delivery)]).toEqual(['more', 'done'])
    expect(peer.frames.length).toBe(20)
    expect(ended).toBe(1)
    expect(delivery.isUnderWay).toBe(false)
  })

  it('[R9] hands over no more than a little ahead of one who does not read', () => {
    const { socket, peer } = createMemorySocket()
    const delivery = new Delivery(socket, new ReadingPace())
    peer.stall()
    delivery.add(
      Array.from({ length: 20 }, () => piece(128 * KiB)),
      done,
    )
    expect([feed(delivery), feed(delivery)]).toEqual(['waits', 'waits'])
    expect(peer.frames.length).toBe(2)
    peer.wake()
    peer.stall()
    expect(feed(delivery)).toBe('waits')
    expect(peer.frames.length).toBe(4)
  })

  it('[R9] is done only when what it wrote last has been taken', () => {
    const { socket, peer } = createMemorySocket()
    const delivery = new Delivery(socket, new ReadingPace())
    peer.stall()
    delivery.add([piece(128 * KiB)], done)
    expect([feed(delivery), delivery.isUnderWay]).toEqual(['waits', false])
    peer.wake()
    expect(feed(delivery)).toBe('done')
  })

  it('[R9] is behind when its reader takes too little in its time, until there is nothing left to read', () => {
    const { socket, peer } = createMemorySocket()
    const delivery = new Delivery(socket, new ReadingPace())
    const isBehind = (at: number): boolean => delivery.isBehind(millis(at))
    expect(isBehind(1_000_000)).toBe(false)
    peer.stall()
    delivery.add(
      Array.from({ length: 4 }, () => piece(1024 * KiB)),
      done,
    )
    feed(delivery)
    expect([isBehind(60_000), isBehind(60_001)]).toEqual([false, true])
    const takeOne = (at: number): void => {
      peer.wake()
      peer.stall()
      feed(delivery, at)
    }
    takeOne(50_000)
    expect([isBehind(110_000), isBehind(110_001)]).toEqual([false, true])
    takeOne(55_000) // one is not enough
    expect([isBehind(110_000), isBehind(110_001)]).toEqual([false, true])
    takeOne(100_000) // the last piece has been handed over
    expect([delivery.isUnderWay, isBehind(1_000_000)]).toEqual([false, false])
  })

  it('forgets what it has not written when its session is gone', () => {
    const { socket, peer } = createMemorySocket()
    const delivery = new Delivery(socket, new ReadingPace())
    peer.stall()
    delivery.add(
      Array.from({ length: 20 }, () => piece(128 * KiB)),
      done,
    )
    feed(delivery)
    expect(ended).toBe(0)
    delivery.clear()
    expect([delivery.isUnderWay, ended]).toEqual([false, 1])
  })
})
