import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonProblem } from './json.ts'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('[P4] JSON', () => {
  test.each([
    'null',
    ' {"a": [1, "]]]]"]} ',
    '"__proto__"',
    '["__proto__", {"key": "__proto__"}]',
    '"\\u005f_proto__"',
    '{"a__proto__": 1, "proto": 2, "constructor": {"prototype": 3}}',
    '1e400',
    nested(256),
    `"${'['.repeat(1000)}"`,
    `"\\"${'{'.repeat(1000)}"`,
  ])('%# is fine', (text) => {
    expect(jsonProblem(text)).toBeNull()
  })

  test.each([
    ['', 'text is not JSON'],
    ['undefined', 'text is not JSON'],
    ['{"a":1', 'text is not JSON'],
    ['\ufeff{}', 'text is not JSON'],
    ['{"__proto__":1}', 'JSON holds the key "__proto__"'],
    ['{"\\u005f_proto__":1}', 'JSON holds the key "__proto__"'],
    ['[{"a":{"__proto__":null}}]', 'JSON holds the key "__proto__"'],
    ['{"a":[[{"_\\u005Fproto_\\u005f":{}}]]}', 'JSON holds the key "__proto__"'],
    [nested(257), 'JSON nests deeper than the limit 256'],
    ['['.repeat(100_000), 'JSON nests deeper than the limit 256'],
    [`{"a":${'{"b":'.repeat(300)}1${'}'.repeat(301)}`, 'JSON nests deeper than the limit 256'],
  ])('%# is refused', (text, problem) => {
    expect(jsonProblem(text)).toBe(problem)
  })

  test('what JSON.stringify writes is refused only for the key __proto__', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const holds = (it: unknown): boolean =>
          typeof it === 'object' &&
          it !== null &&
          (Object.hasOwn(it, '__proto__') || Object.values(it).some(holds))
        expect(jsonProblem(JSON.stringify(value)) !== null).toBe(holds(value))
      }),
    )
  })

  test('any text gets an answer', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', ':', '1', ',') }),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const parses = ((): boolean => {
          try {
            JSON.parse(text)
            return true
          } catch {
            return false
          }
        })()
        expect(jsonProblem(text) === null).toBe(parses)
      }),
      { numRuns: 2000 },
    )
  })
})
