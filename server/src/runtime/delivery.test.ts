import { beforeEach, describe, expect, it } from 'vitest'
import type { WireBytes } from '../ports/socket.ts'
import { Delivery } from './delivery.ts'
import { createMemorySocket } from './testing/memory-socket.ts'

/** A message of the memory wire with so many bytes. */
const piece = (bytes: number): WireBytes => {
  const laidOut = new Uint8Array(4 + bytes)
  new DataView(laidOut.buffer).setUint32(0, bytes)
  return laidOut as WireBytes // laid out above
}

const KiB = 1024

let ended = 0
const done = (): void => void ended++
beforeEach(() => {
  ended = 0
})

describe('a delivery', () => {
  it('writes everything to one who reads, with a pause after each MiB', () => {
    const { socket, peer } = createMemorySocket()
    const delivery = new Delivery(socket)
    delivery.add(
      Array.from({ length: 20 }, () => piece(128 * KiB)),
      done,
    )
    expect(delivery.feed()).toBe('more')
    expect(peer.frames.length).toBe(8)
    expect([delivery.feed(), delivery.feed()]).toEqual(['more', 'done'])
    expect(peer.frames.length).toBe(20)
    expect(ended).toBe(1)
    expect(delivery.isUnderWay).toBe(false)
  })

  it('[R9] hands over no more than a little ahead of one who does not read', () => {
    const { socket, peer } = createMemorySocket()
    const delivery = new Delivery(socket)
    peer.stall()
    delivery.add(
      Array.from({ length: 20 }, () => piece(128 * KiB)),
      done,
    )
    expect([delivery.feed(), delivery.feed()]).toEqual(['waits', 'waits'])
    expect(peer.frames.length).toBe(2)
    peer.wake()
    peer.stall()
    expect(delivery.feed()).toBe('waits')
    expect(peer.frames.length).toBe(4)
  })

  it('[R9] is done only when what it wrote last has been taken', () => {
    const { socket, peer } = createMemorySocket()
    const delivery = new Delivery(socket)
    peer.stall()
    delivery.add([piece(128 * KiB)], done)
    expect([delivery.feed(), delivery.isUnderWay]).toEqual(['waits', false])
    peer.wake()
    expect(delivery.feed()).toBe('done')
  })

  it('forgets what it has not written when its session is gone', () => {
    const { socket, peer } = createMemorySocket()
    const delivery = new Delivery(socket)
    peer.stall()
    delivery.add(
      Array.from({ length: 20 }, () => piece(128 * KiB)),
      done,
    )
    delivery.feed()
    expect(ended).toBe(0)
    delivery.clear()
    expect([delivery.isUnderWay, ended]).toEqual([false, 1])
  })
})
