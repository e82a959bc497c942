/*
 * Who a presence state says its client is. Stock clients show what stands in the member `user` of a state, and a
 * state is what a client says of itself; so what the login knows of it is written over what it says (P27):
 *
 *     says   {"user":{"id":"bob","name":"Bob","color":"#f00"},"cursor":7}      by the login of ann, called Ann
 *     shown  {"user":{"id":"ann","name":"Ann","color":"#f00"},"cursor":7}
 *
 * A login without a user has no id to show. An application's may say what it likes: it speaks for others.
 */

/** Who a session is by its login. */
export interface Identity {
  readonly user: string | null
  /** What people call the user, null where the login does not say: then the client may. */
  readonly name: string | null
}

/** A state, which is JSON, with what the login knows of its client; undefined: the client may say who it is. */
export const stampIdentity = (state: string, identity: Identity | undefined): string => {
  // only a text that spells the key, plainly or by an escape, can hold it
  if (identity === undefined || !(state.includes('"user"') || state.includes('\\u'))) return state
  const value: unknown = JSON.parse(state) // it was checked as it was read
  if (!isObject(value) || !isObject(value['user'])) return state
  const said = value['user']
  const { user, name } = identity
  const { id: _, ...others } = said
  const known = { ...(user === null ? {} : { id: user }), ...(name === null ? {} : { name }) }
  const isTrue = user === null ? !('id' in said) : said['id'] === user
  if (isTrue && (name === null || said['name'] === name)) return state
  return JSON.stringify({ ...value, user: { ...others, ...known } })
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
