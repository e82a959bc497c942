import * as encoding from 'lib0/encoding'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { maxWaiting, Unconfirmed } from './unconfirmed.ts'

const step1 = 0
const step2 = 1
const update = 2

function frame(type: number, ...bytes: number[]): Uint8Array {
  return encoding.encode((out) => {
    encoding.writeVarUint(out, 0)
    encoding.writeVarUint(out, type)
    encoding.writeVarUint8Array(out, Uint8Array.from(bytes))
  })
}

const keepAlive = Uint8Array.of(1, 1, 0)

/** A change as a connected tab makes it. */
function change(tracker: Unconfirmed, ...bytes: number[]): void {
  tracker.changed(Uint8Array.from(bytes))
  tracker.sent(frame(update, ...bytes))
}

/** Three changes without a connection, then a new socket. */
function reopened(): Unconfirmed {
  const tracker = new Unconfirmed()
  for (const byte of [1, 2, 3]) tracker.changed(Uint8Array.of(9, 9, byte))
  tracker.reopened()
  return tracker
}

describe('the changes that are not confirmed as saved', () => {
  it('are confirmed by their own echo, in the order in which they were sent', () => {
    const tracker = new Unconfirmed()
    change(tracker, 1, 1, 1)
    change(tracker, 2, 2, 2)
    expect(tracker.count).toBe(2)
    tracker.heard(frame(update, 1, 1, 1))
    expect(tracker.count).toBe(1)
    tracker.heard(frame(update, 2, 2, 2))
    expect(tracker.count).toBe(0)
  })

  it('are not confirmed by anything else that arrives', () => {
    const tracker = new Unconfirmed()
    change(tracker, 1, 1, 1)
    const others = [keepAlive, frame(update, 1, 1, 2), frame(step2, 1, 1, 1), frame(step1, 1, 1, 1)]
    for (const other of others) tracker.heard(other)
    expect(tracker.count).toBe(1)
  })

  it('are still counted on a new socket, where a late echo of the old one means nothing', () => {
    const tracker = new Unconfirmed()
    change(tracker, 1, 1, 1)
    tracker.reopened()
    tracker.heard(frame(update, 1, 1, 1))
    expect(tracker.count).toBe(1)
  })

  it('are all confirmed by the echo of the step 2 that answered the server', () => {
    const tracker = reopened()
    expect(tracker.sent(frame(step2, 5, 5, 5))).toBeNull()
    change(tracker, 6, 6, 6)
    expect(tracker.count).toBe(4)
    tracker.heard(frame(update, 5, 5, 5))
    expect(tracker.count).toBe(1)
  })

  it('are confirmed one by one if sent on a new socket ahead of the step 2', () => {
    const tracker = reopened()
    change(tracker, 6, 6, 6)
    tracker.sent(frame(step2, 5, 5, 5))
    tracker.heard(frame(update, 6, 6, 6))
    expect(tracker.count).toBe(3)
    tracker.heard(frame(update, 5, 5, 5))
    expect(tracker.count).toBe(0)
  })

  it('are asked after by the last of them if the server lacks none, for known is not saved', () => {
    const tracker = reopened()
    expect(tracker.sent(frame(step2, 0, 0))).toEqual(frame(update, 9, 9, 3))
    expect(tracker.count).toBe(3)
    tracker.heard(frame(update, 9, 9, 3))
    expect(tracker.count).toBe(0)
  })

  it('make nobody ask if there are none', () => {
    const tracker = new Unconfirmed()
    change(tracker, 1, 1, 1)
    tracker.heard(frame(update, 1, 1, 1))
    tracker.reopened()
    expect(tracker.sent(frame(step2, 0, 0))).toBeNull()
    expect(tracker.count).toBe(0)
  })

  it('stay exact in number when too many wait for each to be told apart', () => {
    const tracker = new Unconfirmed()
    const total = maxWaiting + 50
    const bytes = (n: number) => [7, n >> 8, n & 255]
    for (let n = 0; n < total; n++) change(tracker, ...bytes(n))
    expect(tracker.count).toBe(total)
    for (let n = 0; n < total - 1; n++) tracker.heard(frame(update, ...bytes(n)))
    expect(tracker.count).toBe(51)
    tracker.heard(frame(update, ...bytes(total - 1)))
    expect(tracker.count).toBe(0)
  })

  it('are never lost to bytes that are no message', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 12 })), (frames) => {
        const tracker = new Unconfirmed()
        change(tracker, 201, 202, 203)
        for (const bytes of frames) {
          tracker.heard(bytes)
          tracker.sent(bytes)
        }
        expect(tracker.count).toBe(1)
      }),
    )
  })

  it('are exactly those after the last one echoed, whatever the socket does', () => {
    const steps = fc.array(fc.constantFrom('change', 'echo', 'reopen', 'step2'))
    fc.assert(
      fc.property(steps, (sequence) => {
        const tracker = new Unconfirmed()
        // The server: what it has accepted but not echoed, each with the changes known by then.
        let made = 0
        let saved = 0
        let owed: { bytes: number[]; upTo: number }[] = []
        let isSynced = true
        for (const step of sequence) {
          if (step === 'change') {
            made += 1
            const bytes = [3, made >> 8, made & 255]
            if (isSynced) {
              change(tracker, ...bytes)
              owed.push({ bytes, upTo: made })
            } else tracker.changed(Uint8Array.from(bytes))
          } else if (step === 'echo') {
            const echo = owed.shift()
            if (echo === undefined) continue
            tracker.heard(frame(update, ...echo.bytes))
            saved = Math.max(saved, echo.upTo)
          } else if (step === 'reopen') {
            tracker.reopened()
            owed = []
            isSynced = false
          } else if (!isSynced) {
            const bytes = [4, made >> 8, made & 255]
            tracker.sent(frame(step2, ...bytes))
            owed.push({ bytes, upTo: made })
            isSynced = true
          }
          expect(tracker.count).toBe(made - saved)
        }
      }),
    )
  })
})
