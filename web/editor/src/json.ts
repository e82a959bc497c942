/** Whether `value` is a plain JSON object, so that fields may be read from it. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field the object itself has; `undefined` for inherited ones such as `constructor`. */
export function ownField(record: Record<string, unknown>, field: string): unknown {
  return Object.hasOwn(record, field) ? record[field] : undefined
}
