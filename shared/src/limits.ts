/*
 * Bounds that belong to the protocol rather than to one server: both ends know them. Bounds that an
 * operator may turn are rows of the options table (server/src/config.ts).
 */

/** Protocol limits; the unit is in each name. */
export const limits = {
  /** Longest document name, bytes of UTF-8: names live in URLs, and proxies cut URLs at about 8 KB. */
  nameBytes: 1024,
  /** Longest reason in a close frame, bytes of UTF-8 (RFC 6455 §5.5: 125 less the 2 of the code). */
  closeReasonBytes: 123,
  /** How deep a value inside an update or a presence state may nest; deeper ones exhaust stacks. */
  nestingDepth: 256,
  /** Clients of one document, and so of a state vector, update or delete set. Each page view is one. */
  clientsPerDocument: 131_072,
  /** Ranges of a delete set that do not ascend: every writer sorts them, and sorting here is not linear. */
  unsortedRanges: 65_536,
  /** Longest varUint: 2^53 - 1 takes 8 bytes of 7 bits. */
  varUintBytes: 8,
  /** Longest name that a client of quire.v1 gives itself, UTF-16 units: it is only for logs. */
  agentLength: 256,
  /** Largest signal, bytes: signals are stored nowhere, so what matters belongs into the document. */
  signalBytes: 4_096,
  /** Bytes of a stream in one event: what a cut may cost, and what a reader keeps of an event at most. */
  eventBytes: 65_536,
} as const
