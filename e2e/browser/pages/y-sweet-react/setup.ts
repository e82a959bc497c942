import { decodeClientToken, type ClientToken } from '@y-sweet/sdk'

/** How the page is opened; all of it stands in its address. */
export interface Setup {
  readonly docId: string
  /** The name under which others see this page. */
  readonly name: string
  /** Where client tokens come from. */
  readonly authEndpoint: string
  /** True if the page fetches them by itself, with a function for an endpoint. */
  readonly asFunction: boolean
  readonly initialClientToken: ClientToken | undefined
  readonly offlineSupport: boolean
}

/** Reads the query of the page's address. */
export const readSetup = (query: string): Setup => {
  const asked = new URLSearchParams(query)
  const token = asked.get('token')
  return {
    docId: asked.get('doc') ?? '',
    name: asked.get('name') ?? '',
    authEndpoint: asked.get('auth') ?? '/client-token',
    asFunction: asked.has('function'),
    initialClientToken: token === null ? undefined : decodeClientToken(token),
    offlineSupport: asked.has('offline'),
  }
}
