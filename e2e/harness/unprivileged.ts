/* Programs as a user who may nothing, as services and containers run them. */

/** Debian's `nobody`, and `nogroup`. */
export const NOBODY = { uid: 65_534, gid: 65_534 }

/** True where this process may become somebody else. */
export const mayBeNobody = process.getuid?.() === 0

/** Options of `spawn` that run a program as nobody, where this process may; its own user has no rights otherwise. */
export const asNobody = mayBeNobody ? NOBODY : {}
