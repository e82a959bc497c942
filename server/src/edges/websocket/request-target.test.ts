import { expect, test } from 'vitest'
import { targetProblem, type TargetFacts } from './request-target.ts'

const facts = (url: string, hosts: string[] = ['localhost'], httpVersion = '1.1'): TargetFacts => ({
  url,
  httpVersion,
  headersDistinct: hosts.length === 0 ? {} : { host: hosts },
})

test.each([
  ['/'],
  ['/a/b?c=d&e'],
  ['/a//b'],
  ['/%E2%82%AC?x=%20'],
  ['/a|b[c]^{d}?[e]={f}|g\\h'], // browsers send these unencoded
  ['http://localhost/a'], // RFC 9112 §3.2.2
  ['http://localhost:80?x'],
  ['/../..//x'],
])('[RFC 9112 §3.2] %j is a request target', (url) => {
  expect(targetProblem(facts(url))).toBeNull()
})

test.each([
  ['*', 'is *'],
  ['', 'neither a path nor an http URL'],
  ['localhost:443', 'neither a path nor an http URL'],
  ['ftp://localhost/', 'neither a path nor an http URL'],
  ['HTTP://localhost/', 'neither a path nor an http URL'],
  ['//evil.example/x', 'starts with //'],
  ['//', 'starts with //'],
  ['http:///x', 'neither a path nor an http URL'], // URL parsers read the host x
  ['http://[::1/', 'is not a URL'],
  ['http://me@localhost/', 'user information'],
  ['/%', 'broken percent-encoding at character 2'],
  ['/a%4', 'broken percent-encoding at character 3'],
  ['/?q=%zz', 'broken percent-encoding at character 5'],
  ['/a b', 'U+0020'],
  ['/a\0', 'U+0000'],
  ['/\u00e9', 'U+00E9'],
  ['/a#b', 'U+0023'],
  ['/a\\b?c', 'backslash'],
])('[RFC 9112 §3.2] the request target %j is refused with a sentence', (url, words) => {
  expect(targetProblem(facts(url))).toContain(words)
})

test.each([
  ['localhost'],
  ['localhost:65535'],
  ['127.0.0.1:80'],
  ['[::1]'],
  ['[::1]:8080'],
  ['A.b'],
])('[RFC 9112 §3.2] the Host %j is taken', (host) => {
  expect(targetProblem(facts('/', [host]))).toBeNull()
})

test.each([
  [[], 'no Host'],
  [['a', 'a'], 'more than one Host'],
  [[''], 'not a host name'],
  [['a b'], 'not a host name'],
  [['a/b'], 'not a host name'],
  [['me@a'], 'not a host name'],
  [['a:99999'], 'not a host name'],
  [['0x7f.1'], 'not a host name'],
  [['[::1'], 'not a host name'],
  [['a,b'], 'not a host name'],
])('[RFC 9112 §3.2] the Host fields %j are refused with a sentence', (hosts, words) => {
  expect(targetProblem(facts('/', hosts))).toContain(words)
})

test('[RFC 9112 §3.2] HTTP/1.0 needs no Host', () => {
  expect(targetProblem(facts('/', [], '1.0'))).toBeNull()
})
