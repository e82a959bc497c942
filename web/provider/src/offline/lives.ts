/** Which life of a document an opener lives in: records.ts says what a life is. */
export class Lives {
  #current: string | null
  readonly #past = new Set<string>()

  /** `current` is null as long as nothing is kept. */
  constructor(current: string | null) {
    this.#current = current
  }

  /** The life that this opener knows of. */
  get current(): string | null {
    return this.#current
  }

  /** Learns of a life: `past` is one that was ended here, `another` one that has come after its own. */
  meet(life: string): 'own' | 'past' | 'another' {
    if (this.#past.has(life)) return 'past'
    this.#current ??= life
    return this.#current === life ? 'own' : 'another'
  }

  /** The life is about to be ended here; whatever is told from now on may be of the next one. */
  leave(): string | null {
    const left = this.#current
    if (left !== null) this.#past.add(left)
    this.#current = null
    return left
  }

  /** A life was ended here. */
  bury(life: string): void {
    this.#past.add(life)
  }

  /** The life that was left has not ended after all. */
  return(left: string | null): void {
    if (left !== null) this.#past.delete(left)
    this.#current = left
  }
}
