/** JSON with its keys in order, so that equal values are equal texts. Bytes and the like included. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return { bigint: String(inner) }
    if (inner instanceof Uint8Array) return { bytes: Buffer.from(inner).toString('base64') }
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }) ?? 'undefined'
