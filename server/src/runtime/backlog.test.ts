import { describe, expect, it } from 'vitest'
import { Backlog } from './backlog.ts'

const limits = { bytes: 1_024, messages: 10 }
const message = (bytes: number): Uint8Array => new Uint8Array(bytes)

describe('what waits for logins', () => {
  it('is as many bytes as the limit, and not one more', () => {
    const backlog = new Backlog(limits)
    expect(backlog.add(message(1_024 - 128))).toBeNull()
    expect(backlog.add(message(128))).toBeNull()
    expect(backlog.add(message(129))).toBe('1153 bytes before the login was checked, limit 1024')
  })

  it('is as many messages as the limit, and not one more', () => {
    const backlog = new Backlog({ ...limits, bytes: 1_000_000 })
    for (let i = 0; i < 10; i++) expect(backlog.add(message(1))).toBeNull()
    expect(backlog.add(message(1))).toBe('11 messages before the login was checked, limit 10')
  })

  it('counts 128 bytes for a small message, an empty one included', () => {
    const backlog = new Backlog(limits)
    for (let i = 0; i < 8; i++) expect(backlog.add(message(0))).toBeNull()
    expect(backlog.add(message(0))).toMatch(/^1152 bytes .* limit 1024$/)
  })

  it('has its place back once it is forgotten, what was over the limit included', () => {
    const backlog = new Backlog(limits)
    const [mine, others] = [[message(500), message(2_000)], [message(400)]]
    for (const one of [...others, ...mine]) backlog.add(one)
    backlog.forget(mine)
    expect(backlog.add(message(624))).toBeNull()
    expect(backlog.add(message(1))).toMatch(/^1152 bytes/)
  })

  it('is shared: each is told what all of them are over', () => {
    const backlog = new Backlog(limits)
    const kept: Uint8Array[] = []
    for (let i = 0; i < 5; i++) {
      kept.push(message(200))
      expect(backlog.add(message(200))).toBeNull()
    }
    expect(backlog.add(message(200))).toMatch(/^1200 bytes/)
    backlog.forget([...kept, message(200)])
    for (let i = 0; i < 8; i++) expect(backlog.add(message(1))).toBeNull()
  })
})
