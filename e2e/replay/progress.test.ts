import { describe, expect, it } from 'vitest'
import { drawProgress } from './progress.ts'

const drawn = (isTTY: boolean, stepMs: number): string => {
  let text = ''
  let at = 0
  const screen = { isTTY, write: (more: string) => void (text += more) }
  const progress = drawProgress(screen, { label: 'replaying', total: 200, now: () => at })
  for (let done = 1; done <= 200; done++) {
    at += stepMs
    progress.show(done)
  }
  progress.end()
  return text
}

describe('drawProgress', () => {
  it('redraws one line on a terminal, ten times a second, and leaves the last', () => {
    const text = drawn(true, 10)
    expect(text.split('\n')).toHaveLength(2)
    const lines = text.split('\r')
    expect(lines.length).toBeLessThan(25)
    expect(lines.at(-1)).toBe(`replaying ${'█'.repeat(32)} 100 %  200 of 200  100/s\n`)
  })

  it('writes few plain lines elsewhere', () => {
    const lines = drawn(false, 10).trimEnd().split('\n')
    expect(lines).toHaveLength(11)
    expect(lines.at(-1)).toContain('100 %  200 of 200')
  })
})
