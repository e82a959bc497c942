/** A map of those who came last, bounded: of more than it remembers, whoever came longest ago is forgotten. */
export class RecentMap<K, V> {
  readonly #most: number
  /** It keeps the order in which it was filled: whoever came last is last. */
  readonly #entries = new Map<K, V>()

  constructor(most: number) {
    this.#most = most
  }

  /** Entries that are remembered. */
  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  /** Those that are remembered, who came longest ago first; what is forgotten meanwhile is passed over. */
  entries(): Iterable<[K, V]> {
    return this.#entries.entries()
  }

  delete(key: K): void {
    this.#entries.delete(key)
  }

  /** Remembers it as the one who came last. */
  set(key: K, value: V): void {
    this.#entries.delete(key) // set anew at the end
    this.#entries.set(key, value)
    const oldest = this.#entries.keys().next()
    if (this.#entries.size > this.#most && !oldest.done) this.#entries.delete(oldest.value)
  }
}
