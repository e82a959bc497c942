/*
 * Values that Yjs clients store: what lib0's `any` and JSON can hold. Keys are never `__proto__`, which
 * readUpdate refuses.
 */
import fc from 'fast-check'

/** One to four bytes of UTF-8, U+0000, a byte order mark, lone surrogates, what JSON escapes. */
const characters = fc.constantFrom(
  'a',
  'b',
  '_',
  '"',
  '\\',
  '\0',
  '\u00e9',
  '\u20ac',
  '\ufeff',
  '\u{1f600}',
  '\ud83d',
  '\ude00',
)

/** Text, well-formed or not. */
export const texts: fc.Arbitrary<string> = fc.string({ unit: characters, maxLength: 60 })

const keys = fc.string({ unit: characters, maxLength: 6 })

/** JSON values, shallow and small. */
export const jsonValues: fc.Arbitrary<fc.JsonValue> = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => !JSON.stringify(value).includes('__proto__'))

/** Values of lib0's `any`: JSON and also undefined, bigint, bytes, -0, NaN and the infinities. */
export const anyValues: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom(undefined, null, true, false, 0, -0, NaN, Infinity, -Infinity),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.float(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    texts,
    fc.uint8Array({ maxLength: 5 }),
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value
