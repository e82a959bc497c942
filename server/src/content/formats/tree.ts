/*
 * Content as plain values, of every kind that Yjs has: what documents are read to, and what they are
 * brought to (bring.ts).
 */
import { canonical } from './canonical.ts'
import { DiffBudget } from './sequence-diff.ts'
import { visibleUnits } from './text-units.ts'

/** Attributes of an element, or formats of a run of text. */
export type Attributes = Readonly<Record<string, unknown>>

/** Text with one formatting, or something embedded that takes one place. */
export interface Run {
  readonly insert: string | Value
  readonly attributes: Attributes
}

/** A shared type. */
export type Tree =
  | { readonly kind: 'fragment'; readonly children: readonly Tree[] }
  | {
      readonly kind: 'element'
      readonly name: string
      readonly attributes: Attributes
      readonly children: readonly Tree[]
    }
  | {
      readonly kind: 'text'
      readonly isXml: boolean
      readonly attributes: Attributes
      readonly runs: readonly Run[]
    }
  | {
      readonly kind: 'map'
      /** The name of a Y.XmlHook, null of a Y.Map. */
      readonly hook: string | null
      readonly entries: Readonly<Record<string, Value>>
    }
  | { readonly kind: 'array'; readonly items: readonly Value[] }

/** What stands in a map, an array or a text. */
export type Value =
  | Tree
  | { readonly kind: 'value'; readonly value: unknown }
  | {
      readonly kind: 'document'
      readonly guid: string
      readonly options: { readonly meta: unknown; readonly autoLoad: boolean; readonly gc: boolean }
    }

/** Gives equal trees equal numbers, whatever their size, within its own life. */
export class Keys {
  /** What comparisons with these numbers may take together. */
  readonly budget = new DiffBudget()
  readonly #numbers = new Map<string, number>()
  readonly #known = new WeakMap<object, number>()
  readonly #defaultsOf: (name: string) => Attributes

  /** `defaultsOf` an element are attributes that need not be there to be meant. */
  constructor(defaultsOf: (name: string) => Attributes = () => ({})) {
    this.#defaultsOf = defaultsOf
  }

  ofText(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) this.#numbers.set(text, (number = this.#numbers.size))
    return number
  }

  of(value: Value): number {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const number = this.ofText(this.#describe(value))
    this.#known.set(value, number)
    return number
  }

  #describe(value: Value): string {
    switch (value.kind) {
      case 'fragment':
        return `f${this.#children(value.children)}`
      case 'element': {
        const meant = { ...this.#defaultsOf(value.name), ...value.attributes }
        return `e${canonical([value.name, meant])}${this.#children(value.children)}`
      }
      case 'text': {
        const runs = value.runs.map(({ insert, attributes }) => [
          typeof insert === 'string' ? insert : this.of(insert),
          attributes,
        ])
        return `t${canonical([value.isXml, value.attributes, runs])}`
      }
      case 'map': {
        const entries = Object.entries(value.entries).map(([key, one]) => [key, this.of(one)])
        return `m${canonical([value.hook, Object.fromEntries(entries)])}`
      }
      case 'array':
        return `a${this.#all(value.items)}`
      case 'document':
        return `d${canonical([value.guid, value.options])}`
      case 'value':
        return `v${canonical(value.value)}`
    }
  }

  #children(children: readonly Tree[]): string {
    return this.#all(visibleUnits(children).map(({ tree }) => tree))
  }

  #all(values: readonly Value[]): string {
    return values.map((one) => this.of(one)).join()
  }
}

/** The text of a tree without its formatting; what is embedded is a U+FFFC. */
export const plainText = (value: Value): string => {
  switch (value.kind) {
    case 'text':
      return value.runs
        .map(({ insert }) => (typeof insert === 'string' ? insert : '\uFFFC'))
        .join('')
    case 'fragment':
    case 'element':
      return value.children.map(plainText).join(' ')
    case 'array':
      return value.items.map(plainText).join(' ')
    case 'map':
      return Object.values(value.entries).map(plainText).join(' ')
    case 'value':
      return canonical(value.value)
    case 'document':
      return value.guid
  }
}
