/*
 * Latencies in buckets of 2 %: a room of 200 delivers a million in some seconds, and a list of them
 * would cost the load generator the time that it measures.
 */

/** Lowest bucket, in milliseconds; what is below counts as this. */
const LEAST_MS = 0.01
const STEP = Math.log(1.02)
const BUCKETS = 1200

/** Counts latencies; quantiles are exact to 2 %. */
export class Histogram {
  readonly #buckets = new Float64Array(BUCKETS)
  #count = 0

  /** How many were added. */
  get count(): number {
    return this.#count
  }

  /** Adds one, in milliseconds. */
  add(ms: number): void {
    const at = ms <= LEAST_MS ? 0 : Math.floor(Math.log(ms / LEAST_MS) / STEP)
    const bucket = at < BUCKETS ? at : BUCKETS - 1
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    this.#count++
  }

  /** The latency, in milliseconds, that this share (0 to 1) does not exceed; NaN of nothing. */
  quantile(share: number): number {
    if (this.#count === 0) return Number.NaN
    const wanted = Math.max(1, Math.ceil(share * this.#count))
    let seen = 0
    for (const [i, count] of this.#buckets.entries()) {
      seen += count
      if (seen >= wanted) return LEAST_MS * Math.exp((i + 1) * STEP)
    }
    return Number.NaN
  }
}

/** The value that this share (0 to 1) of a short list does not exceed; NaN of nothing. */
export const quantileOf = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
