import { describe, expect, it } from 'vitest'
import { readArguments } from './arguments.ts'

describe('readArguments', () => {
  it('reads all of them', () => {
    const argv = ['f.gz', '--url', 'ws://host:1/yjs', '--document', 'a/b', '--speed', '50']
    expect(readArguments(argv)).toEqual({
      ok: true,
      value: { file: 'f.gz', url: 'ws://host:1/yjs', document: 'a/b', perSecond: 50 },
    })
  })

  it('needs only the file', () => {
    expect(readArguments(['f.gz'])).toEqual({
      ok: true,
      value: { file: 'f.gz', url: null, document: null, perSecond: null },
    })
  })

  it.each([
    { argv: ['--help'], error: null },
    { argv: [], error: 'FILE is missing: which trace?' },
    { argv: ['a', 'b'], error: 'one FILE at a time; what is "b"?' },
    { argv: ['a', '--document', ''], error: '--document must not be empty' },
    { argv: ['a', '--speed', '0'], error: '--speed must be max or edits per second, not "0"' },
    {
      argv: ['a', '--speed', 'fast'],
      error: '--speed must be max or edits per second, not "fast"',
    },
    {
      argv: ['a', '--url', 'http://x'],
      error: '--url must start with ws:// or wss:// and name a host, not "http://x"',
    },
    {
      argv: ['a', '--sped', '9'],
      error: expect.stringMatching(/^Unknown option '--sped'/) as unknown,
    },
  ])('$argv is refused: $error', ({ argv, error }) => {
    expect(readArguments(argv)).toEqual({ ok: false, error })
  })
})
