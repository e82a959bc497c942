import { describe, expect, it } from 'vitest'
import { createProgress, formatBytes } from './progress.ts'

const shown = (isTTY: boolean, columns = 80) => {
  let [text, ms] = ['', 0]
  const target = { isTTY, columns, write: (more: string) => (text += more) }
  const create = (label: string, unit: string) =>
    createProgress(label, unit, { target, now: () => ms })
  return { create, pass: (time: number) => (ms += time), text: () => text }
}

describe('progress', () => {
  it('is one line that is written over on a terminal, not more often than it can be seen', () => {
    const { create, pass, text } = shown(true)
    const progress = create('verifying', 'documents')
    progress.at(0, 4_000)
    progress.at(1_000) // within the same moment
    pass(100)
    progress.at(2_000)
    progress.end()
    progress.end()
    expect(text().split('\r')).toEqual([
      '',
      'verifying [........................] 0 % 0 of 4,000 documents\u001b[K',
      'verifying [############............] 50 % 2,000 of 4,000 documents\u001b[K',
      'verifying [############............] 50 % 2,000 of 4,000 documents\u001b[K\n',
    ])
  })

  it('never wraps a terminal’s line', () => {
    const { create, text } = shown(true, 20)
    create('a label that is long', 'bytes').at(1, 2)
    expect(text()).toBe('\ra label that is lon\u001b[K')
  })

  it('is a line for each quarter where nobody looks on', () => {
    const { create, text } = shown(false)
    const progress = create('backing up', 'bytes')
    for (let done = 0; done <= 4_096; done++) progress.at(done, 4_096)
    progress.end()
    progress.at(0)
    expect(text()).toBe(
      [0, '1.0 KiB', '2.0 KiB', '3.0 KiB', '4.0 KiB']
        .map((done) => `backing up: ${done === 0 ? '0 bytes' : done} of 4.0 KiB\n`)
        .join(''),
    )
  })

  it('tells what it has where nobody knows the total', () => {
    const { create, text } = shown(false)
    const progress = create('reading', 'rows')
    progress.at(1)
    progress.at(7)
    progress.end()
    expect(text()).toBe('reading: 1 rows\nreading: 7 rows\n')
  })

  it.each([
    [0, '0 bytes'],
    [1_023, '1023 bytes'],
    [1_536, '1.5 KiB'],
    [20_480, '20 KiB'],
    [2 ** 50, '1024 TiB'],
  ])('writes %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
})
