/** Closes an exhaustive `switch`: the compiler refuses a missing arm, the runtime names it. */
export function assertNever(value: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(value)}`)
}
