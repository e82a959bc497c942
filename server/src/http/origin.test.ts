import { describe, expect, it } from 'vitest'
import { originProblem } from './origin.ts'

describe('a page may connect', () => {
  it.each([
    ['programs, which send no origin', undefined, 'quire.example', []],
    ['of the server’s own address', 'http://127.0.0.1:4400', '127.0.0.1:4400', []],
    ['of the server’s own address, IPv6', 'http://[::1]:4400', '[::1]:4400', []],
    ['of localhost', 'http://localhost:4400', 'LocalHost:4400', []],
    ['of a name below localhost', 'http://quire.localhost', 'quire.localhost', []],
    ['of an address in the network', 'http://192.168.1.7', '192.168.1.7', []],
    ['that is listed', 'https://app.example', '127.0.0.1:4400', ['https://app.example']],
    ['that is listed, own name', 'https://a.example', 'a.example', ['https://a.example']],
    ['of any origin where all are', 'https://evil.example', '127.0.0.1:4400', ['*']],
    ['sandboxed, where all are', 'null', '127.0.0.1:4400', ['*']],
  ])('%s', (_, origin, host, allowed) => expect(originProblem(origin, host, allowed)).toBeNull())
})

describe('a page may not connect', () => {
  it.each([
    ['of another host', 'https://evil.example', '127.0.0.1:4400', []],
    ['of another port', 'http://127.0.0.1:5173', '127.0.0.1:4400', []],
    ['of a name, even the one it calls the server by', 'http://evil.example', 'evil.example', []],
    [
      'whose name looks like an address',
      'http://127.0.0.1.evil.example',
      '127.0.0.1.evil.example',
      [],
    ],
    ['whose name ends like localhost', 'http://evillocalhost', 'evillocalhost', []],
    ['that is only like one listed', 'https://a.example.evil', 'x', ['https://a.example']],
    ['of a listed host without its scheme', 'http://a.example', 'x', ['https://a.example']],
    ['that is sandboxed', 'null', '127.0.0.1:4400', []],
    ['of no host', '', '127.0.0.1:4400', []],
  ])('%s', (_, origin, host, allowed) =>
    expect(originProblem(origin, host, allowed)).toBe(
      `QUIRE_ALLOWED_ORIGINS does not list ${origin}`,
    ),
  )
})
