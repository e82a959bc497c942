import { describe, expect, it } from 'vitest'
import { originProblem, requestProblem, type PageRequest } from './origin.ts'

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
  ])('%s', (_, origin, host, allowed) =>
    expect(originProblem(origin, host, { allowedOrigins: allowed, isTls: false })).toBeNull(),
  )
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
    ['of the server’s own address by no HTTP', 'ws://127.0.0.1:4400', '127.0.0.1:4400', []],
    ['of an extension', 'chrome-extension://localhost', 'localhost', []],
    ['of a file server here', 'ftp://127.0.0.1:4400', '127.0.0.1:4400', []],
  ])('%s', (_, origin, host, allowed) =>
    expect(originProblem(origin, host, { allowedOrigins: allowed, isTls: false })).toBe(
      `QUIRE_ALLOWED_ORIGINS does not list ${origin}`,
    ),
  )
})

it('a page of a server that speaks TLS comes by https', () => {
  const rules = { allowedOrigins: [], isTls: true }
  expect(originProblem('https://127.0.0.1:4400', '127.0.0.1:4400', rules)).toBeNull()
  expect(originProblem('http://127.0.0.1:4400', '127.0.0.1:4400', rules)).not.toBeNull()
})

/** A GET of a page of the same origin as Chromium, Firefox and Safari make it: without Origin. */
const own: PageRequest = {
  method: 'GET',
  host: '127.0.0.1:4400',
  origin: undefined,
  site: 'same-origin',
  mode: 'cors',
  dest: 'empty',
}
const rules = { allowedOrigins: ['https://app.example'], isTls: false, isOpen: true }

describe('a request may be made', () => {
  it.each<[string, Partial<PageRequest>]>([
    ['by a page of the server’s own address', {}],
    ['by a page of localhost', { host: 'localhost:4400' }],
    ['by a page of a name below localhost', { host: 'quire.localhost:4400' }],
    ['by a page of the server’s own address, IPv6', { host: '[::1]:4400' }],
    ['at the host of a listed origin, whose page it is', { host: 'app.example' }],
    ['at that host by another port', { host: 'app.example:4400' }],
    ['by a program', { site: undefined, mode: undefined, dest: undefined }],
    ['by somebody who types the address', { site: 'none', mode: 'navigate', dest: 'document' }],
    ['by a link', { site: 'cross-site', mode: 'navigate', dest: 'document' }],
    ['by a listed page', { site: 'cross-site', origin: 'https://app.example' }],
  ])('%s', (_, part) => expect(requestProblem({ ...own, ...part }, rules)).toBeNull())

  it('whatever it is called, where a login is needed or the network may do everything', () => {
    const request = { ...own, host: 'evil.example:4400' }
    expect(requestProblem(request, { ...rules, isOpen: false })).toBeNull()
    expect(requestProblem(request, { ...rules, allowedOrigins: ['*'] })).toBeNull()
  })
})

describe('a request may not be made', () => {
  it.each<[string, Partial<PageRequest>]>([
    ['by a page of a name that was pointed here', { host: 'evil.example:4400' }],
    ['by such a page, to a browser that says no more', { host: 'evil.example', site: undefined }],
    [
      'by going to a name that was pointed here',
      { host: 'evil.example', site: 'none', mode: 'navigate', dest: 'document' },
    ],
    ['at a name that looks like an address', { host: '127.0.0.1.evil.example' }],
    ['at a name that ends like localhost', { host: 'evillocalhost' }],
    ['by an image of another site', { site: 'cross-site', mode: 'no-cors', dest: 'image' }],
    ['by a script of another site', { site: 'cross-site', mode: 'no-cors', dest: 'script' }],
    ['by a frame of another site', { site: 'cross-site', mode: 'navigate', dest: 'iframe' }],
    ['by an image of a page of another port', { site: 'same-site', mode: 'no-cors' }],
    [
      'by a form of another site that says nothing of itself',
      { method: 'POST', site: 'cross-site', mode: 'navigate', dest: 'document' },
    ],
    ['by a page that is not listed', { site: 'cross-site', origin: 'https://evil.example' }],
  ])('%s', (_, part) => expect(requestProblem({ ...own, ...part }, rules)).not.toBeNull())
})
