import type { Host, Server, ServerWish } from '../servers/hosts.ts'
import type { Client, ClientOptions, Family, FamilyKind } from '../families/family.ts'
import type { Line } from '../fuzz/weather.ts'

/** What a case has at hand. All that it opens is gone when it is over. */
export interface Scene {
  readonly family: Family
  readonly host: Host
  /** Nobody else's, of letters, digits and dashes. */
  readonly document: string
  /** The server of this kind that cases share. */
  shared(wish?: ServerWish): Promise<Server>
  /** A server of its own, that may be ended. */
  own(wish?: ServerWish): Promise<Server>
  /** A client of the family, by default of `document`. */
  open(server: { readonly port: number }, options?: Partial<ClientOptions>): Client
  /** The same, once it has the server's state. */
  synced(server: { readonly port: number }, options?: Partial<ClientOptions>): Promise<Client>
  /** A line to a server that can be bad. */
  line(server: { readonly port: number }): Promise<Line>
  /** Waits until a condition holds. */
  until(what: string, holds: () => boolean | Promise<boolean>, withinMs?: number): Promise<void>
  /** Runs when the case is over. */
  after(cleanup: () => unknown): void
}

/** What comes of a case where it does not simply hold. */
export type Exception =
  /** It does not hold: why, and what the case then fails with. */
  | { readonly kind: 'fails'; readonly why: string; readonly with: RegExp }
  /** There is nothing to try, or it cannot be tried. */
  | { readonly kind: 'none'; readonly why: string }

/** One thing that a client relies on. */
export interface Case {
  /** A sentence. */
  readonly title: string
  /** What is known to be otherwise with a server and a family; null where it holds. Quire never fails. */
  readonly exception?: (family: Family, host: Host) => Exception | null
  run(scene: Scene): Promise<void>
}

/** Cases of one kind. */
export interface Theme {
  readonly title: string
  readonly cases: readonly Case[]
}

/** There is nothing to try. */
export const none = (why: string): Exception => ({ kind: 'none', why })

/** It fails on the server that a family comes from. */
export const failsOn = (
  kind: FamilyKind,
  why: string,
  pattern: RegExp,
): ((family: Family, host: Host) => Exception | null) => {
  return (family, host) =>
    !host.isQuire && family.kind === kind ? { kind: 'fails', why, with: pattern } : null
}
