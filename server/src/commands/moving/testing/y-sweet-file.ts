/** What a file of y-sweet's holds. */
export interface YSweetContent {
  readonly state?: Uint8Array
  readonly updates?: readonly Uint8Array[]
  /** The document's number; 1 where it is absent. */
  readonly number?: number
  /** What y-sweet calls it: `doc`. */
  readonly name?: string
  /** Entries beside them, by their keys. */
  readonly others?: readonly (readonly [key: Uint8Array, value: Uint8Array])[]
}

const bigEndian = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const littleEndian = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

/** The bytes of a `data.ysweet` (sources/y-sweet.ts): entries by key, as a BTreeMap has them. */
export const ySweetFile = ({
  state,
  updates = [],
  number = 1,
  name = 'doc',
  others = [],
}: YSweetContent): Uint8Array => {
  const key = (...rest: number[]) => Buffer.from([0, 1, ...bigEndian(number), ...rest])
  const entries = [
    [Buffer.from([0, 0, ...Buffer.from(name), 0]), bigEndian(number)] as const,
    ...(state === undefined ? [] : [[key(0), state] as const]),
    ...updates.map((update, at) => [key(2, ...bigEndian(at + 1), 0), update] as const),
    ...others,
  ].toSorted(([one], [other]) => Buffer.compare(one, other))
  const parts = entries.flatMap((entry) =>
    entry.flatMap((part) => [littleEndian(part.length), part]),
  )
  return new Uint8Array(Buffer.concat([littleEndian(entries.length), ...parts]))
}
